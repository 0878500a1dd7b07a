import {
  CdpError,
  type Clock,
  conflict,
  type Ids,
  invalid,
  notFound,
  type Page,
  type PageRequest,
} from '../kernel/index.js';
import type { WorkQueue } from '../work/index.js';
import type { Campaign, CampaignPatch, CampaignState, NewCampaign } from './campaign.js';
import { CAMPAIGN_QUEUE, deliveryQueue, laneJob } from './campaign-queues.js';
import type { CampaignStore } from './campaign-store.js';
import type { ChannelCatalog, ChannelRef } from './channel-catalog.js';
import type { CampaignMessage, MessageState } from './message.js';
import type { MessageStore } from './message-store.js';
import type { TemplateService } from './template-service.js';

export interface CampaignServiceDeps {
  campaigns: CampaignStore;
  messages: MessageStore;
  templates: TemplateService;
  channels: ChannelCatalog;
  /** Whether the tenant has the segment. */
  segmentExists: (tenantId: string, segmentId: string) => Promise<boolean>;
  work: WorkQueue;
  clock: Clock;
  ids: Ids;
}

/** Rows changed in one transaction, so that others get their turn between. */
const CHUNK = 2_000;

/** Which states an action may be taken in. */
const ALLOWED = {
  change: ['draft'],
  launch: ['draft'],
  pause: ['scheduled', 'running'],
  resume: ['paused'],
  cancel: ['draft', 'scheduled', 'running', 'paused'],
} satisfies Record<string, CampaignState[]>;

export class CampaignService {
  readonly #deps: CampaignServiceDeps;

  constructor(deps: CampaignServiceDeps) {
    this.#deps = deps;
  }

  async create(tenantId: string, input: NewCampaign): Promise<Campaign> {
    const channel = await this.#references(tenantId, input);
    const now = this.#deps.clock.now();
    const campaign: Campaign = {
      id: this.#deps.ids.next(),
      name: input.name,
      channelId: channel.id,
      channel: channel.channel,
      templateId: input.templateId,
      segmentId: input.audience.segmentId,
      schedule: input.schedule,
      topic: input.topic ?? '',
      conversion: input.conversion,
      state: 'draft',
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    await this.#deps.campaigns.insert(tenantId, campaign);
    return campaign;
  }

  async get(tenantId: string, id: string): Promise<Campaign> {
    const campaign = await this.#deps.campaigns.get(tenantId, id);
    if (!campaign) throw notFound('campaign');
    return campaign;
  }

  async list(tenantId: string, page: PageRequest & { state?: CampaignState | undefined }): Promise<Page<Campaign>> {
    return this.#deps.campaigns.list(tenantId, page);
  }

  /** Of a draft. With `expectedVersion` it is refused when somebody else changed the campaign meanwhile. */
  async update(tenantId: string, id: string, patch: CampaignPatch, expectedVersion?: number): Promise<Campaign> {
    const campaign = await this.#allowed(tenantId, id, 'change', expectedVersion);
    const input: NewCampaign = {
      name: patch.name ?? campaign.name,
      channelId: patch.channelId ?? campaign.channelId,
      templateId: patch.templateId ?? campaign.templateId,
      audience: patch.audience ?? { segmentId: campaign.segmentId },
      schedule: patch.schedule ?? campaign.schedule,
    };
    const channel = await this.#references(tenantId, input);
    return this.#replace(tenantId, campaign, {
      name: input.name,
      channelId: channel.id,
      channel: channel.channel,
      templateId: input.templateId,
      segmentId: input.audience.segmentId,
      schedule: input.schedule,
      topic: patch.topic ?? campaign.topic,
      conversion: patch.conversion ?? campaign.conversion,
    });
  }

  async delete(tenantId: string, id: string): Promise<void> {
    const campaign = await this.#allowed(tenantId, id, 'change');
    if (!(await this.#deps.campaigns.delete(tenantId, id, campaign.version))) throw changed();
  }

  /** Checks everything that can be checked before people get messages, then schedules it: for now, or for its time. */
  async launch(tenantId: string, id: string, expectedVersion?: number): Promise<Campaign> {
    const campaign = await this.#allowed(tenantId, id, 'launch', expectedVersion);
    const channel = await this.#references(tenantId, {
      channelId: campaign.channelId,
      templateId: campaign.templateId,
      audience: { segmentId: campaign.segmentId },
    });
    if (!channel.enabled) throw conflict('The channel is disabled: enable it first.');
    await this.#deps.templates.compiled(tenantId, await this.#deps.templates.get(tenantId, campaign.templateId));
    const now = this.#deps.clock.now();
    const fireAt = campaign.schedule.type === 'at' ? Math.max(now, Date.parse(campaign.schedule.at)) : now;
    const launched = await this.#replace(tenantId, campaign, { state: 'scheduled', fireAt, launchedAt: now });
    await this.#wake(fireAt);
    return launched;
  }

  /** Stops the making and the sending of messages. What a provider already has cannot be called back. */
  async pause(tenantId: string, id: string): Promise<Campaign> {
    const campaign = await this.#allowed(tenantId, id, 'pause');
    return this.#replace(tenantId, campaign, {
      state: 'paused',
      pausedFrom: campaign.state === 'scheduled' ? 'scheduled' : 'running',
    });
  }

  async resume(tenantId: string, id: string): Promise<Campaign> {
    const campaign = await this.#allowed(tenantId, id, 'resume');
    const state = campaign.pausedFrom ?? 'running';
    const resumed = await this.#replace(tenantId, campaign, { state, pausedFrom: undefined });
    if (state === 'running') {
      const now = this.#deps.clock.now();
      await inChunks((limit) => this.#deps.messages.releaseHeld(tenantId, id, now, limit));
      await this.#deps.work.add(deliveryQueue(campaign.channel), laneJob(tenantId, campaign.channelId));
    }
    await this.#wake(campaign.fireAt ?? this.#deps.clock.now());
    return resumed;
  }

  /** For good. Messages that wait are dropped. */
  async cancel(tenantId: string, id: string): Promise<Campaign> {
    const campaign = await this.#allowed(tenantId, id, 'cancel');
    const now = this.#deps.clock.now();
    const cancelled = await this.#replace(tenantId, campaign, {
      state: 'cancelled',
      pausedFrom: undefined,
      fireAt: undefined,
      finishedAt: now,
    });
    await inChunks((limit) => this.#deps.messages.cancelWaiting(tenantId, id, now, limit));
    return cancelled;
  }

  async messages(
    tenantId: string,
    id: string,
    page: PageRequest & { state?: MessageState | undefined },
  ): Promise<Page<CampaignMessage>> {
    await this.get(tenantId, id);
    return this.#deps.messages.list(tenantId, id, page);
  }

  async messagesOfProfile(tenantId: string, profileId: string, page: PageRequest): Promise<Page<CampaignMessage>> {
    return this.#deps.messages.ofProfile(tenantId, profileId, page);
  }

  async #allowed(
    tenantId: string,
    id: string,
    action: keyof typeof ALLOWED,
    expectedVersion?: number,
  ): Promise<Campaign> {
    const campaign = await this.get(tenantId, id);
    if (!(ALLOWED[action] as CampaignState[]).includes(campaign.state))
      throw conflict(
        `A campaign that is ${campaign.state} allows no ${action}: only one that is ${ALLOWED[action].join(', ')}.`,
      );
    if (expectedVersion !== undefined && campaign.version !== expectedVersion) throw changed();
    return campaign;
  }

  async #replace(tenantId: string, campaign: Campaign, change: Partial<Campaign>): Promise<Campaign> {
    const next = { ...campaign, ...change, version: campaign.version + 1, updatedAt: this.#deps.clock.now() };
    if (!(await this.#deps.campaigns.replace(tenantId, next, campaign.version))) throw changed();
    return next;
  }

  async #references(
    tenantId: string,
    input: Pick<NewCampaign, 'channelId' | 'templateId' | 'audience'>,
  ): Promise<ChannelRef> {
    const channel = await this.#deps.channels.channel(tenantId, input.channelId);
    if (!channel) throw invalid('channelId', 'There is no such channel.');
    const template = await this.#deps.templates.get(tenantId, input.templateId).catch((error: unknown) => {
      if (error instanceof CdpError && error.code === 'not_found') return undefined;
      throw error;
    });
    if (!template) throw invalid('templateId', 'There is no such template.');
    if (template.plugin !== channel.plugin)
      throw invalid('templateId', `This template is for ${template.plugin}, the channel is ${channel.plugin}.`);
    if (!(await this.#deps.segmentExists(tenantId, input.audience.segmentId)))
      throw invalid('audience.segmentId', 'There is no such segment.');
    return channel;
  }

  async #wake(at: number): Promise<void> {
    await this.#deps.work.add(CAMPAIGN_QUEUE, { id: 'due', payload: {}, runAt: at });
  }
}

/** Until there is nothing left to change; answers how many were. */
export async function inChunks(change: (limit: number) => Promise<number>): Promise<number> {
  for (let total = 0; ; await new Promise((resolve) => setImmediate(resolve))) {
    const changed = await change(CHUNK);
    total += changed;
    if (changed < CHUNK) return total;
  }
}

const changed = (): CdpError => conflict('The campaign was changed meanwhile: read it again.');
