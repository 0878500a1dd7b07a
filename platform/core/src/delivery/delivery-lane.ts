import type { Message, Outcome } from '@cdp/plugin-kit';
import { LRUCache } from 'lru-cache';
import { type CampaignStore, ContentSkeleton, type SendingPolicy } from '../campaign/index.js';
import type { SuppressionService } from '../consent/index.js';
import { CdpError, type Clock, type Ids, type Logger } from '../kernel/index.js';
import { ChannelHealth, type ChannelHealthOptions } from './channel-health.js';
import type { ChannelStore } from './channel-store.js';
import type { DeliveryPublisher } from './delivery-publisher.js';
import type { OpenChannels, OpenedChannel } from './open-channels.js';
import type { LeasedMessage, OutboxStore, Settlement } from './outbox-store.js';
import type { RetrySchedule } from './retry-schedule.js';
import type { SendChecks } from './send-checks.js';
import { leftUnknown, type SettleContext, settleOutcome } from './settle-outcome.js';
import { Settler } from './settler.js';

export interface LaneDeps {
  campaigns: CampaignStore;
  outbox: OutboxStore;
  channels: ChannelStore;
  open: OpenChannels;
  checks: SendChecks;
  suppressions: SuppressionService;
  policy: SendingPolicy;
  publisher: DeliveryPublisher;
  clock: Clock;
  ids: Ids;
  logger: Logger;
}

export interface LaneOptions extends ChannelHealthOptions {
  /** Calls of the plugin under way at once, in one lane. Default 4 where it takes batches, else 20. */
  calls?: number;
  /**
   * Messages of one call where the receiver does not drop repeated ids. A crash leaves those of the calls under way in doubt, so
   * few are better there than as many as the plugin takes. Default 25.
   */
  atRisk?: number;
  /** Milliseconds a call may take. Default 60,000. */
  callMs?: number;
  /** Milliseconds of a lease beyond the deadline of a call. Default 60,000. */
  graceMs?: number;
}

export interface LaneSignals {
  /** Take nothing more on; what is under way goes on. */
  closing: AbortSignal;
  /** End what is under way as well. */
  stop: AbortSignal;
}

/** Of runs that a lane sends messages of at once. */
const SKELETONS_KEPT = 50;
/** Milliseconds after which a lane that is busy looks again whether its tenant may send. */
const ASK_AGAIN_MS = 1_000;
/** Milliseconds that a plugin gets to notice that its time is over. */
const ABORT_GRACE_MS = 5_000;

/**
 * The messages of one channel configuration. Each lane has places of its own for calls under way: a provider that hangs fills
 * its lane and no other.
 */
export class DeliveryLane {
  readonly #tenantId: string;
  readonly #channelId: string;
  readonly #deps: LaneDeps;
  readonly #options: LaneOptions;
  readonly #retries: RetrySchedule;
  readonly #closing: AbortSignal;
  readonly #stop: AbortSignal;
  readonly #settler: Settler;
  readonly #health: ChannelHealth;
  readonly #skeletons = new LRUCache<string, ContentSkeleton>({ max: SKELETONS_KEPT });
  #running: Promise<void> | undefined;
  #again = false;
  /** When it was last asked whether the tenant may send. */
  #askedAt = 0;
  #woken = Promise.withResolvers<void>();

  constructor(
    lane: { tenantId: string; channelId: string },
    deps: LaneDeps,
    retries: RetrySchedule,
    signals: LaneSignals,
    options: LaneOptions,
  ) {
    this.#tenantId = lane.tenantId;
    this.#channelId = lane.channelId;
    this.#deps = deps;
    this.#options = options;
    this.#retries = retries;
    this.#closing = signals.closing;
    this.#stop = signals.stop;
    this.#settler = new Settler(lane.tenantId, deps);
    this.#health = new ChannelHealth(lane.tenantId, deps, options);
  }

  /** Sends what is due; resolves when nothing more is, or the lane has to wait. Calls while it runs make it look once more. */
  run(): Promise<void> {
    if (this.#running === undefined) this.#running = this.#drain();
    else {
      this.#again = true;
      this.#woken.resolve();
    }
    return this.#running;
  }

  /** When the lane should be looked at again. */
  async nextAt(): Promise<number | undefined> {
    const due = await this.#deps.outbox.nextDueAt(this.#tenantId, this.#channelId);
    // What may not be sent is due all the same: whoever looks at all lanes from time to time sees when it may be again.
    if (due === undefined || !(await this.#isOpen())) return undefined;
    return Math.max(due, this.#health.pausedUntil);
  }

  async #drain(): Promise<void> {
    try {
      do {
        this.#again = false;
        if (!(await this.#mayRun())) return;
        await this.#deps.open.use(this.#tenantId, this.#channelId, (opened) => this.#pump(opened));
      } while (this.#again && !this.#closing.aborted);
    } finally {
      // In the same turn as the last look at `again`: no wake-up may fall between.
      this.#running = undefined;
    }
  }

  async #mayRun(): Promise<boolean> {
    if (this.#closing.aborted || this.#health.pausedUntil > this.#deps.clock.now()) return false;
    return this.#isOpen();
  }

  async #isOpen(): Promise<boolean> {
    const channel = await this.#deps.channels.get(this.#tenantId, this.#channelId);
    this.#askedAt = this.#deps.clock.now();
    return channel?.state === 'enabled' && (await this.#deps.policy.of(this.#tenantId)).active;
  }

  /** Leases as long as there are messages and free places, and waits for the calls under way at the end. */
  async #pump(opened: OpenedChannel): Promise<void> {
    const { capabilities } = opened.plugin.manifest;
    const most = capabilities.batch?.max ?? 1;
    const batch = capabilities.idempotent ? most : Math.min(most, this.#options.atRisk ?? 25);
    const calls = this.#options.calls ?? (batch > 1 ? 4 : 20);
    const places = new Places(calls);
    const underWay = new Set<Promise<void>>();
    let failure: unknown;
    while (!this.#closing.aborted && failure === undefined && this.#health.pausedUntil <= this.#deps.clock.now()) {
      const free = await places.someFree();
      if (this.#closing.aborted) break;
      const lease = this.#deps.ids.next();
      const messages = await this.#lease(lease, free * batch);
      if (messages.length === 0) {
        if (this.#again) this.#again = false;
        else if (underWay.size === 0) break;
        else {
          // What comes back may be due again at once, and a wake-up tells of a new page of a campaign.
          this.#woken = Promise.withResolvers();
          await Promise.race([this.#woken.promise, ...underWay]);
        }
        continue;
      }
      for (const chunk of await this.#prepared(opened, lease, messages, batch)) {
        await places.take();
        const call = this.#call(opened, lease, chunk)
          .catch((error: unknown) => {
            failure ??= error;
          })
          .finally(() => {
            places.free();
            underWay.delete(call);
          });
        underWay.add(call);
      }
      if (!(await this.#stillOpen(opened))) break;
    }
    await Promise.all(underWay);
    if (failure !== undefined) throw failure;
  }

  async #stillOpen(opened: OpenedChannel): Promise<boolean> {
    if (this.#deps.clock.now() - this.#askedAt >= ASK_AGAIN_MS && !(await this.#isOpen())) return false;
    const now = await this.#deps.channels.get(this.#tenantId, this.#channelId);
    if (now) opened.configuration.failingSince = now.failingSince;
    if (now?.version === opened.configuration.version && now.state === 'enabled') return true;
    this.#again = now?.state === 'enabled';
    return false;
  }

  #lease(lease: string, limit: number): Promise<LeasedMessage[]> {
    const now = this.#deps.clock.now();
    const until = now + (this.#options.callMs ?? 60_000) + (this.#options.graceMs ?? 60_000);
    return this.#deps.outbox.lease(this.#tenantId, this.#channelId, { lease, now, until, limit });
  }

  #context(opened: OpenedChannel): SettleContext {
    return {
      tenantId: this.#tenantId,
      channelId: this.#channelId,
      now: this.#deps.clock.now(),
      retries: this.#retries,
      idempotent: opened.plugin.manifest.capabilities.idempotent,
      reconciles: opened.channel.reconcile !== undefined,
    };
  }

  /** What is left to do after the checks, in calls of the plugin; what may have been sent already comes apart. */
  async #prepared(
    opened: OpenedChannel,
    lease: string,
    messages: readonly LeasedMessage[],
    batch: number,
  ): Promise<{ reconcile: boolean; messages: LeasedMessage[] }[]> {
    const context = this.#context(opened);
    const open = messages.filter((one) => one.was !== 'queued' && !context.idempotent);
    const known = messages.filter((one) => one.was === 'queued' || context.idempotent);
    const { send, settled } = await this.#deps.checks.split(context, known);
    if (!context.reconciles)
      for (const one of open) settled.push(leftUnknown(context, one, 'The sending was interrupted.', false));
    await this.#settler.settle(lease, settled, false);
    return [
      ...chunksOf(context.reconciles ? open : [], batch).map((chunk) => ({ reconcile: true, messages: chunk })),
      ...chunksOf(send, batch).map((chunk) => ({ reconcile: false, messages: chunk })),
    ];
  }

  async #call(
    opened: OpenedChannel,
    lease: string,
    chunk: { reconcile: boolean; messages: LeasedMessage[] },
  ): Promise<void> {
    let { messages } = chunk;
    if (!chunk.reconcile && !opened.plugin.manifest.capabilities.idempotent) {
      const ids = messages.map((one) => one.id);
      const ours = new Set(await this.#deps.outbox.begin(this.#tenantId, lease, ids, this.#deps.clock.now()));
      messages = messages.filter((one) => ours.has(one.id));
      if (messages.length === 0) return;
    }
    const outcomes = await this.#outcomes(opened, messages, chunk.reconcile);
    await this.#suppress(messages, outcomes);
    const context = this.#context(opened);
    const settlements = messages.map(
      (one, index): Settlement => settleOutcome(context, one, outcomes[index] as Outcome),
    );
    await this.#settler.settle(lease, settlements, opened.plugin.manifest.capabilities.receipts);
    await this.#health.note(opened.configuration, outcomes);
  }

  /** One outcome a message, whatever the plugin does: throws, gives too few, or never comes back. */
  async #outcomes(opened: OpenedChannel, leased: readonly LeasedMessage[], reconcile: boolean): Promise<Outcome[]> {
    const callMs = this.#options.callMs ?? 60_000;
    const messages = await this.#messages(leased);
    const host = opened.host({ timeoutMs: callMs, signal: this.#stop });
    const late = Promise.withResolvers<Outcome[]>();
    const timer = setTimeout(() => late.resolve([]), callMs + ABORT_GRACE_MS);
    timer.unref();
    let outcomes: Outcome[];
    let defect = 'The plugin did not come back in time.';
    try {
      const { channel } = opened;
      const call = reconcile && channel.reconcile ? channel.reconcile(messages, host) : channel.send(messages, host);
      outcomes = await Promise.race([call, late.promise]);
      if (outcomes.length > 0 && outcomes.length !== messages.length) {
        defect = `The plugin gave ${outcomes.length} outcomes for ${messages.length} messages.`;
        outcomes = [];
      }
    } catch (error) {
      defect = error instanceof Error ? error.message : String(error);
      outcomes = [];
    } finally {
      clearTimeout(timer);
    }
    if (outcomes.length === messages.length) return outcomes;
    const plugin = opened.plugin.manifest.name;
    this.#deps.logger.error('A channel plugin failed.', { plugin, tenantId: this.#tenantId, reason: defect });
    return messages.map(() => ({ kind: 'unknown', reason: defect }));
  }

  async #messages(leased: readonly LeasedMessage[]): Promise<Message[]> {
    for (const runId of new Set(leased.map((one) => one.runId)))
      if (!this.#skeletons.has(runId)) {
        const stored = await this.#deps.campaigns.skeleton(this.#tenantId, runId);
        this.#skeletons.set(runId, ContentSkeleton.parse(stored));
      }
    return leased.map((one) => ({
      id: one.id,
      tenantId: this.#tenantId,
      profileId: one.profileId,
      campaignId: one.campaignId,
      to: one.address,
      ...(this.#skeletons.get(one.runId) as ContentSkeleton).unpack(one.content),
    }));
  }

  async #suppress(messages: readonly LeasedMessage[], outcomes: readonly Outcome[]): Promise<void> {
    const dead = messages.filter((one, index) => {
      const outcome = outcomes[index];
      return outcome?.kind === 'refused' && outcome.suppress !== undefined && one.address !== '';
    });
    if (dead.length === 0) return;
    await this.#deps.suppressions.add(
      this.#tenantId,
      dead.map((one) => ({ channel: one.channel, address: one.address, reason: 'refused' as const, source: one.id })),
    );
  }
}

/** Places for calls under way. */
class Places {
  #free: number;
  #waiters: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** How many are free, once there is one. */
  async someFree(): Promise<number> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    return this.#free;
  }

  async take(): Promise<void> {
    await this.someFree();
    this.#free--;
  }

  free(): void {
    this.#free++;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}

/** The channel itself is the trouble: it cannot be opened as it is configured. */
export const isUnopenable = (error: unknown): boolean =>
  error instanceof CdpError && (error.code === 'conflict' || error.code === 'invalid');
