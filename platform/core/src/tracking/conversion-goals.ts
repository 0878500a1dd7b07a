import type { Campaign, CampaignStore } from '../campaign/index.js';
import { type Clock, parseDuration } from '../kernel/index.js';

export interface Goal {
  campaignId: string;
  withinMs: number;
}

/** By tenant, then by the name of the event that counts. */
export type Goals = ReadonlyMap<string, ReadonlyMap<string, readonly Goal[]>>;

/** Shorter than it takes from a launch to the first order that follows from a message: no aim is known too late. */
const KEPT_MS = 250;

/** Which events count as aims of campaigns: few, and asked for with every event, so they are kept in memory for a while. */
export class ConversionGoals {
  readonly #campaigns: CampaignStore;
  readonly #clock: Clock;
  readonly #keptMs: number;
  #goals: Goals = new Map();
  #names: readonly Buffer[] = [];
  #until = 0;

  constructor(deps: { campaigns: CampaignStore; clock: Clock }, options: { keptMs?: number } = {}) {
    this.#campaigns = deps.campaigns;
    this.#clock = deps.clock;
    this.#keptMs = options.keptMs ?? KEPT_MS;
  }

  async current(): Promise<Goals> {
    const now = this.#clock.now();
    if (now < this.#until) return this.#goals;
    const goals = new Map<string, Map<string, Goal[]>>();
    for (const { tenantId, campaign } of await this.#campaigns.withConversion())
      if (isOver(campaign, now)) await this.#campaigns.endConversion(tenantId, campaign.id);
      else add(goals, tenantId, campaign);
    this.#goals = goals;
    const names = new Set([...goals.values()].flatMap((byName) => [...byName.keys()]));
    this.#names = [...names].map((name) => Buffer.from(`"name":${JSON.stringify(name)}`));
    this.#until = now + this.#keptMs;
    return goals;
  }

  /** False for most records, without parsing them; true for every one that a goal may be about. */
  mayConcern(value: Buffer): boolean {
    return this.#names.some((name) => value.includes(name));
  }
}

const withinOf = ({ conversion }: Campaign): number | undefined => conversion && parseDuration(conversion.within);

/** Nobody can convert for a campaign that ended longer ago; a day more covers what is still on its way. */
const isOver = (campaign: Campaign, now: number): boolean =>
  campaign.finishedAt !== undefined && now > campaign.finishedAt + (withinOf(campaign) ?? 0) + 86_400_000;

function add(goals: Map<string, Map<string, Goal[]>>, tenantId: string, campaign: Campaign): void {
  const { conversion } = campaign;
  const withinMs = withinOf(campaign);
  if (!conversion || withinMs === undefined) return;
  const byName = goals.get(tenantId) ?? new Map<string, Goal[]>();
  const of = byName.get(conversion.event) ?? [];
  of.push({ campaignId: campaign.id, withinMs });
  byName.set(conversion.event, of);
  goals.set(tenantId, byName);
}
