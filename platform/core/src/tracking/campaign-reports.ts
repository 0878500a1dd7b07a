import type { CampaignStore, MessageState, MessageStore, StateCount } from '../campaign/index.js';
import { type Clock, notFound } from '../kernel/index.js';
import type { EngagementCount, EngagementStore, EngagementType } from './engagement-store.js';

interface Figures {
  skipped: Record<string, number>;
  /** Waiting, held by a pause, or being sent. */
  queued: number;
  /** Taken by the provider, whatever became of it there. */
  sent: number;
  delivered: number;
  failed: number;
  bounced: number;
  /** Nobody can tell whether it was sent. */
  unknown: number;
  cancelled: number;
  opened: number;
  clicked: number;
  dismissed: number;
  unsubscribed: number;
  complained: number;
  converted: number;
  machineOpened: number;
  machineClicked: number;
}

/** People, each counted once in a figure; `raw` has the same figures as plain counts. */
export interface CampaignReport extends Figures {
  audience: number;
  raw: Figures;
  byLink: { url: string; clicked: number; raw: number }[];
  asOf: string;
}

const LINKS_SHOWN = 100;

/** What became of a campaign, counted from the rows themselves at the moment of asking. */
export class CampaignReports {
  readonly #deps: { campaigns: CampaignStore; messages: MessageStore; engagements: EngagementStore; clock: Clock };

  constructor(deps: { campaigns: CampaignStore; messages: MessageStore; engagements: EngagementStore; clock: Clock }) {
    this.#deps = deps;
  }

  async report(tenantId: string, campaignId: string): Promise<CampaignReport> {
    const { campaigns, messages, engagements, clock } = this.#deps;
    if (!(await campaigns.get(tenantId, campaignId))) throw notFound('campaign');
    const asOf = new Date(clock.now()).toISOString();
    const runs = await campaigns.runsOf(tenantId, campaignId);
    // As many messages as people behind the cursor of the only run: each has one, and millions need not be told apart.
    const onePerPerson = runs.length === 1 && runs[0]?.position === (await messages.total(tenantId, campaignId));
    const [states, events, links] = await Promise.all([
      messages.counts(tenantId, campaignId, onePerPerson),
      engagements.counts(tenantId, campaignId),
      engagements.links(tenantId, campaignId, LINKS_SHOWN),
    ]);
    return {
      audience: runs.reduce((sum, run) => sum + run.audience, 0),
      ...figuresOf(states, events, (one) => one.people),
      raw: figuresOf(states, events, (one) => ('messages' in one ? one.messages : one.events)),
      byLink: links.map(({ url, people, events: raw }) => ({ url, clicked: people, raw })),
      asOf,
    };
  }
}

function figuresOf(
  states: readonly StateCount[],
  events: readonly EngagementCount[],
  figure: (one: StateCount | EngagementCount) => number,
): Figures {
  const inStates = (...wanted: MessageState[]) =>
    states.filter((one) => wanted.includes(one.state)).reduce((sum, one) => sum + figure(one), 0);
  const ofType = (type: EngagementType, machine: boolean) =>
    events.filter((one) => one.type === type && one.machine === machine).reduce((sum, one) => sum + figure(one), 0);
  const skipped = states.filter((one) => one.state === 'skipped');
  return {
    skipped: Object.fromEntries(skipped.map((one) => [one.reason ?? 'unknown', figure(one)])),
    queued: inStates('queued', 'held', 'sending'),
    sent: inStates('sent', 'delivered', 'bounced'),
    delivered: inStates('delivered'),
    failed: inStates('failed'),
    bounced: inStates('bounced'),
    unknown: inStates('unknown'),
    cancelled: inStates('cancelled'),
    opened: ofType('opened', false),
    clicked: ofType('clicked', false),
    dismissed: ofType('dismissed', false),
    unsubscribed: ofType('unsubscribed', false),
    complained: ofType('complained', false),
    converted: ofType('converted', false),
    machineOpened: ofType('opened', true),
    machineClicked: ofType('clicked', true),
  };
}
