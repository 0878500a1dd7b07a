import type { CampaignStore, SendingPolicy } from '../campaign/index.js';
import type { SuppressionService } from '../consent/index.js';
import { CdpError, type Clock, type Ids, type Logger } from '../kernel/index.js';
import { ChannelCalls } from './channel-calls.js';
import { ChannelHealth, type ChannelHealthOptions } from './channel-health.js';
import type { ChannelStore } from './channel-store.js';
import type { DeliveryPublisher } from './delivery-publisher.js';
import { LanePages } from './lane-pages.js';
import { LanePump } from './lane-pump.js';
import type { OpenChannels, OpenedChannel } from './open-channels.js';
import type { OutboxStore } from './outbox-store.js';
import type { RecentSends } from './recent-sends.js';
import type { RetrySchedule } from './retry-schedule.js';
import type { SendChecks } from './send-checks.js';
import type { SettleContext } from './settle-outcome.js';
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
  /** Told at once of what was sent; the log tells of it a little later. */
  sends: RecentSends;
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

export interface LaneRefs {
  tenantId: string;
  channelId: string;
}

/** Milliseconds after which a lane that is busy looks again whether its tenant may send. */
const ASK_AGAIN_MS = 1_000;

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
  readonly #settler: Settler;
  readonly #health: ChannelHealth;
  readonly #calls: ChannelCalls;
  #running: Promise<void> | undefined;
  #pump: LanePump | undefined;
  #again = false;
  /** When it was last asked whether the tenant may send. */
  #askedAt = 0;

  constructor(lane: LaneRefs, deps: LaneDeps, retries: RetrySchedule, signals: LaneSignals, options: LaneOptions) {
    this.#tenantId = lane.tenantId;
    this.#channelId = lane.channelId;
    this.#deps = deps;
    this.#options = options;
    this.#retries = retries;
    this.#closing = signals.closing;
    this.#settler = new Settler(lane.tenantId, deps);
    this.#health = new ChannelHealth(lane.tenantId, deps, options);
    this.#calls = new ChannelCalls({
      ...lane,
      deps,
      options,
      settler: this.#settler,
      health: this.#health,
      stop: signals.stop,
      context: (opened) => this.#context(opened),
    });
  }

  /** Sends what is due; resolves when nothing more is, or the lane has to wait. Calls while it runs make it look once more. */
  run(): Promise<void> {
    if (this.#running === undefined) this.#running = this.#drain();
    else {
      this.#again = true;
      this.#pump?.wake();
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
        await this.#deps.open.use(this.#tenantId, this.#channelId, (opened) => this.#send(opened));
      } while (this.#again && !this.#closing.aborted);
    } finally {
      // In the same turn as the last look at `again`: no wake-up may fall between.
      this.#running = undefined;
    }
  }

  async #mayRun(): Promise<boolean> {
    if (this.#closing.aborted || this.#health.pausedUntil > this.#deps.clock.now()) return false;
    if (!(await this.#isOpen())) return false;
    this.#health.noteEnabled();
    return true;
  }

  async #isOpen(): Promise<boolean> {
    const channel = await this.#deps.channels.get(this.#tenantId, this.#channelId);
    this.#askedAt = this.#deps.clock.now();
    return channel?.state === 'enabled' && (await this.#deps.policy.of(this.#tenantId)).active;
  }

  /** Sends until nothing more is due, and waits for the calls under way at the end. */
  async #send(opened: OpenedChannel): Promise<void> {
    const { capabilities } = opened.plugin.manifest;
    const most = capabilities.batch?.max ?? 1;
    const batch = capabilities.idempotent ? most : Math.min(most, this.#options.atRisk ?? 25);
    const calls = this.#options.calls ?? (batch > 1 ? 4 : 20);
    const parts = {
      tenantId: this.#tenantId,
      channelId: this.#channelId,
      deps: this.#deps,
      options: this.#options,
      settler: this.#settler,
      context: (of: OpenedChannel) => this.#context(of),
    };
    const pages = new LanePages(parts, opened, calls, batch);
    this.#pump = new LanePump({
      calls,
      // What was sent and is not stored yet would be in doubt after a crash, where the receiver does not drop repeated ids.
      behind: capabilities.idempotent ? 4 * calls : 0,
      ahead: () => pages.size,
      next: async () => ((await this.#stillOpen(opened)) ? pages.next() : undefined),
      call: (chunk, answered) => this.#calls.make(opened, chunk, answered),
      giveBack: (chunks) => pages.giveBack(chunks),
      mayGoOn: () =>
        !this.#closing.aborted && !this.#health.disabled && this.#health.pausedUntil <= this.#deps.clock.now(),
      now: () => this.#deps.clock.now(),
    });
    try {
      await this.#pump.run();
    } finally {
      this.#pump = undefined;
      this.#deps.publisher.hurry();
    }
  }

  async #stillOpen(opened: OpenedChannel): Promise<boolean> {
    if (this.#deps.clock.now() - this.#askedAt >= ASK_AGAIN_MS && !(await this.#isOpen())) return false;
    const now = await this.#deps.channels.get(this.#tenantId, this.#channelId);
    if (now) opened.configuration.failingSince = now.failingSince;
    if (now?.version === opened.configuration.version && now.state === 'enabled') return true;
    this.#again = now?.state === 'enabled';
    return false;
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
}

/** The channel itself is the trouble: it cannot be opened as it is configured. */
export const isUnopenable = (error: unknown): boolean =>
  error instanceof CdpError && (error.code === 'conflict' || error.code === 'invalid');
