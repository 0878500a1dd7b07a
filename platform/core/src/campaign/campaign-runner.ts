import type { Clock, Ids, Logger } from '../kernel/index.js';
import type { Audience } from '../segment/index.js';
import type { Worker, WorkQueue } from '../work/index.js';
import type { CampaignRun, CampaignState } from './campaign.js';
import { CAMPAIGN_QUEUE, deliveryQueue, laneJob, runJob } from './campaign-queues.js';
import { inChunks } from './campaign-service.js';
import type { CampaignStore } from './campaign-store.js';
import type { ChannelCatalog } from './channel-catalog.js';
import { ContentSkeleton } from './content-skeleton.js';
import type { MessageFactory, RunContext } from './message-factory.js';
import type { MessageStore } from './message-store.js';
import type { SendingPolicy } from './sending-policy.js';
import type { TemplateService } from './template-service.js';

/** Where a segment of a tenant stands; undefined when there is none of that id. */
export type SegmentStateOf = (
  tenantId: string,
  segmentId: string,
) => Promise<'building' | 'ready' | 'failed' | undefined>;

export interface CampaignRunnerDeps {
  campaigns: CampaignStore;
  messages: MessageStore;
  templates: TemplateService;
  channels: ChannelCatalog;
  factory: MessageFactory;
  audience: Audience;
  segmentState: SegmentStateOf;
  policy: SendingPolicy;
  work: WorkQueue;
  clock: Clock;
  ids: Ids;
  logger: Logger;
}

export interface CampaignRunnerOptions {
  /** People of a page: one query of each kind, one transaction. Default 1,000. */
  pageSize?: number;
  /** Milliseconds after which another process may take a run over that shows no sign of life. Default 60,000. */
  leaseMs?: number;
  /** Milliseconds between looks at the stores for what no wake-up told of. Default 5,000. */
  sweepMs?: number;
  /** Runs worked on at once by this process. Default 4. */
  concurrency?: number;
}

/**
 * Fires campaigns when their time comes and turns their audiences into messages. Every process may run one: leases and
 * compare-and-set see to it that a campaign fires once and a page is made once. Nothing is held in memory that a restart
 * could lose.
 */
export class CampaignRunner {
  readonly #deps: CampaignRunnerDeps;
  readonly #pageSize: number;
  readonly #leaseMs: number;
  readonly #sweepMs: number;
  readonly #concurrency: number;
  /** How long to wait before a run is looked at again, by run. */
  readonly #waits = new Map<string, number>();
  #worker: Worker | undefined;
  #asking: NodeJS.Timeout | undefined;

  constructor(deps: CampaignRunnerDeps, options: CampaignRunnerOptions = {}) {
    this.#deps = deps;
    this.#pageSize = options.pageSize ?? 1_000;
    this.#leaseMs = options.leaseMs ?? 60_000;
    this.#sweepMs = options.sweepMs ?? 5_000;
    this.#concurrency = options.concurrency ?? 4;
  }

  async start(): Promise<void> {
    this.#worker = await this.#deps.work.process(
      CAMPAIGN_QUEUE,
      async (job, signal) => {
        const { tenantId, runId } = job.payload;
        if (typeof tenantId === 'string' && typeof runId === 'string') await this.workOn(tenantId, runId, signal);
        else await this.#sweep();
      },
      { concurrency: this.#concurrency },
    );
    await this.#askToSweep(this.#deps.clock.now());
    // The queue may lose the job that asks for the next look.
    const ask = () => void this.#askToSweep(this.#deps.clock.now() + this.#sweepMs);
    this.#asking = setInterval(ask, this.#sweepMs);
    this.#asking.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#asking);
    await this.#worker?.stop();
  }

  /** Fires every campaign whose time has come. Answers how many this call fired. */
  async fireDue(): Promise<number> {
    let fired = 0;
    const due = await this.#deps.campaigns.due(this.#deps.clock.now(), 100);
    for (const { tenantId, id } of due) {
      try {
        if (await this.#fire(tenantId, id)) fired++;
      } catch (error) {
        // One that cannot be started must not hold up the others; the next sweep tries it again.
        const reason = error instanceof Error ? error.message : String(error);
        this.#deps.logger.error('A campaign could not be started.', { tenantId, campaignId: id, reason });
      }
    }
    return fired;
  }

  /** Takes a run as far as it goes: until its messages are made, its campaign is paused, or the signal aborts. */
  async workOn(tenantId: string, runId: string, signal?: AbortSignal): Promise<void> {
    const { campaigns, clock } = this.#deps;
    const lease = this.#deps.ids.next();
    if (!(await campaigns.lease(tenantId, runId, lease, clock.now(), clock.now() + this.#leaseMs))) return;
    try {
      await this.#advance(tenantId, runId, lease, signal);
    } finally {
      await campaigns.release(tenantId, runId, lease);
    }
  }

  async #sweep(): Promise<void> {
    const { campaigns, work, clock } = this.#deps;
    const now = clock.now();
    await this.fireDue();
    for (const { tenantId, id } of await campaigns.openRuns(now, 1_000))
      await work.add(CAMPAIGN_QUEUE, runJob(tenantId, id));
    const next = await campaigns.nextDueAt();
    await this.#askToSweep(Math.min(now + this.#sweepMs, Math.max(next ?? Number.POSITIVE_INFINITY, now + 1)));
  }

  /** Of all processes one looks. */
  #askToSweep(runAt: number): Promise<void> {
    return this.#deps.work.add(CAMPAIGN_QUEUE, { id: 'due', payload: {}, runAt });
  }

  async #fire(tenantId: string, id: string): Promise<boolean> {
    const { campaigns, templates, clock, ids, work, logger } = this.#deps;
    const campaign = await campaigns.get(tenantId, id);
    if (campaign?.state !== 'scheduled' || campaign.fireAt === undefined) return false;
    const now = clock.now();
    const template = await templates.get(tenantId, campaign.templateId);
    const run: CampaignRun = {
      id: ids.next(),
      campaignId: id,
      fireAt: campaign.fireAt,
      state: 'snapshot',
      channelId: campaign.channelId,
      channel: campaign.channel,
      segmentId: campaign.segmentId,
      templateId: template.id,
      templateVersion: template.version,
      topic: campaign.topic,
      audience: 0,
      cursor: null,
      position: 0,
      startedAt: now,
    };
    const running = {
      ...campaign,
      state: 'running' as const,
      fireAt: undefined,
      version: campaign.version + 1,
      updatedAt: now,
    };
    if (!(await campaigns.fire(tenantId, running, campaign.version, run))) return false;
    logger.info('A campaign started.', { tenantId, campaignId: id, runId: run.id });
    await work.add(CAMPAIGN_QUEUE, runJob(tenantId, run.id));
    return true;
  }

  async #advance(tenantId: string, runId: string, lease: string, signal: AbortSignal | undefined): Promise<void> {
    const { campaigns, audience, clock } = this.#deps;
    let run = await campaigns.run(tenantId, runId);
    if (!run || run.state === 'done') return;
    if (run.state === 'snapshot') {
      // Half a segment is no audience.
      if ((await this.#deps.segmentState(tenantId, run.segmentId)) === 'building')
        return this.#lookAgain(tenantId, runId);
      await audience.refresh(tenantId);
      const size = await audience.snapshot(tenantId, run.segmentId, runId);
      const { template } = await this.#template(tenantId, run);
      const skeleton = ContentSkeleton.of(template.commonText()).toString();
      if (!(await campaigns.setAudience(tenantId, runId, lease, size, skeleton))) return;
      run = { ...run, state: 'fan_out', audience: size };
    }
    if (run.state === 'fan_out' && !(await this.#fanOut(tenantId, run, lease, signal))) return;
    const campaign = await campaigns.get(tenantId, run.campaignId);
    await this.#settleHeld(tenantId, run, campaign?.state);
    if (campaign?.state !== 'cancelled' && (await this.#deps.messages.hasLive(tenantId, run.campaignId))) {
      return this.#lookAgain(tenantId, runId);
    }
    this.#waits.delete(runId);
    if (await campaigns.finishRun(tenantId, runId, lease, clock.now())) await audience.dropSnapshot(tenantId, runId);
  }

  /** Messages that a resuming or a cancelling did not reach, because it was cut short or a lane held them a moment later. */
  async #settleHeld(tenantId: string, run: CampaignRun, state: CampaignState | undefined): Promise<void> {
    const { messages, work, clock } = this.#deps;
    const now = clock.now();
    if (state === 'cancelled') await inChunks((limit) => messages.cancelWaiting(tenantId, run.campaignId, now, limit));
    if (state !== 'running') return;
    if ((await inChunks((limit) => messages.releaseHeld(tenantId, run.campaignId, now, limit))) > 0)
      await work.add(deliveryQueue(run.channel), laneJob(tenantId, run.channelId));
  }

  /** Soon at first, then less and less often: small campaigns are over in a moment, large ones are not worth asking often. */
  async #lookAgain(tenantId: string, runId: string): Promise<void> {
    const { work, clock } = this.#deps;
    const wait = Math.min(this.#sweepMs, 2 * (this.#waits.get(runId) ?? 50));
    this.#waits.set(runId, wait);
    await work.add(CAMPAIGN_QUEUE, runJob(tenantId, runId, clock.now() + wait));
  }

  /** True when every page is made, or none is to be made any more. */
  async #fanOut(
    tenantId: string,
    start: CampaignRun,
    lease: string,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { campaigns, audience, factory, work, clock } = this.#deps;
    const context = await this.#context(tenantId, start);
    let run = start;
    let leasedUntil = clock.now() + this.#leaseMs;
    const pageFrom = (cursor: string | null) => {
      const page = audience.snapshotMembers(tenantId, run.id, {
        limit: this.#pageSize,
        ...(cursor !== null && { cursor }),
      });
      // A page that was read ahead and is not needed any more may fail unseen.
      page.catch(() => {});
      return page;
    };
    let ahead = pageFrom(run.cursor);
    for (;;) {
      const page = await ahead;
      const campaign = await campaigns.get(tenantId, run.campaignId);
      if (campaign?.state === 'cancelled') return true;
      const rules = await this.#deps.policy.of(tenantId);
      if (signal?.aborted || campaign?.state !== 'running' || !rules.active) return false;
      if (clock.now() > leasedUntil - this.#leaseMs / 2) {
        leasedUntil = clock.now() + this.#leaseMs;
        if (!(await campaigns.lease(tenantId, run.id, lease, clock.now(), leasedUntil))) return false;
      }
      const last = page.nextCursor === null;
      if (!last) ahead = pageFrom(page.nextCursor);
      const messages = await factory.make({ ...context, cap: rules.cap }, page.items, run.position);
      const position = run.position + page.items.length;
      const made = { from: run.position, position, cursor: page.nextCursor, last, messages, at: clock.now() };
      if (!(await campaigns.advance(tenantId, run, lease, made))) return false;
      run = { ...run, position, cursor: page.nextCursor };
      await work.add(deliveryQueue(run.channel), laneJob(tenantId, run.channelId));
      if (last) return true;
    }
  }

  async #context(tenantId: string, run: CampaignRun): Promise<RunContext> {
    const { campaigns } = this.#deps;
    const campaign = await campaigns.get(tenantId, run.campaignId);
    if (!campaign) throw new Error(`Run ${run.id} lacks its campaign.`);
    return {
      tenantId,
      run,
      campaign: { id: campaign.id, name: campaign.name },
      ...(await this.#template(tenantId, run)),
      skeleton: ContentSkeleton.parse(await campaigns.skeleton(tenantId, run.id)),
    };
  }

  async #template(tenantId: string, run: CampaignRun): Promise<Pick<RunContext, 'plugin' | 'template'>> {
    const { channels, templates } = this.#deps;
    const template = await templates.get(tenantId, run.templateId, run.templateVersion);
    const plugin = channels.plugin(template.plugin);
    if (!plugin) throw new Error(`The plugin ${template.plugin} is not loaded.`);
    return { plugin, template: await templates.compiled(tenantId, template) };
  }
}
