import { deliveryQueue } from '../campaign/index.js';
import type { JobHandler, Worker, WorkQueue } from '../work/index.js';
import { DeliveryLane, isUnopenable, type LaneDeps, type LaneOptions } from './delivery-lane.js';
import type { PluginRegistry } from './plugin-registry.js';
import { type RetryOptions, RetrySchedule } from './retry-schedule.js';

export interface DeliveryWorkerDeps extends LaneDeps {
  plugins: PluginRegistry;
  work: WorkQueue;
}

export interface DeliveryWorkerOptions extends LaneOptions, RetryOptions {
  /** Kinds of channels that it sends by, such as `email`. Default: all that a plugin is loaded for. */
  kinds?: readonly string[];
  /** Milliseconds between looks at the outbox for what no wake-up told of. Default 2,000. */
  sweepMs?: number;
  /** Milliseconds that a stop waits for calls under way before it aborts them. Default 10,000. */
  drainMs?: number;
}

/**
 * Sends what waits in the outbox, lane by lane. Any number of processes may run one; what none of them has a plugin for waits until
 * one does.
 */
export class DeliveryWorker {
  readonly #deps: DeliveryWorkerDeps;
  readonly #options: DeliveryWorkerOptions;
  readonly #retries: RetrySchedule;
  readonly #lanes = new Map<string, DeliveryLane>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #closing = new AbortController();
  readonly #abort = new AbortController();
  #stopping = false;
  readonly #kinds: readonly string[];
  #workers: Worker[] = [];
  #sweeping: NodeJS.Timeout | undefined;

  constructor(deps: DeliveryWorkerDeps, options: DeliveryWorkerOptions = {}) {
    this.#deps = deps;
    this.#options = options;
    this.#retries = new RetrySchedule(options);
    this.#kinds = options.kinds ?? deps.plugins.channels();
  }

  async start(): Promise<void> {
    const handler: JobHandler = async ({ payload: { tenantId, channelId } }) => {
      // Not awaited: a lane that is stuck must not keep the queue from waking the others.
      if (typeof tenantId === 'string' && typeof channelId === 'string') this.#wake(tenantId, channelId);
    };
    for (const kind of this.#kinds)
      this.#workers.push(await this.#deps.work.process(deliveryQueue(kind), handler, { concurrency: 16 }));
    await this.#sweep();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#closing.abort();
    await Promise.all(this.#workers.splice(0).map((worker) => worker.stop()));
    clearTimeout(this.#sweeping);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    const timer = setTimeout(() => this.#abort.abort(), this.#options.drainMs ?? 10_000);
    await Promise.all(this.#running.values());
    clearTimeout(timer);
    this.#abort.abort();
    await this.#deps.publisher.flush();
  }

  /** Sends everything that is due by now, and resolves when it has its end or has to wait. */
  async drain(): Promise<void> {
    await this.#wakeDue();
    while (this.#running.size > 0) await Promise.all(this.#running.values());
    await this.#deps.publisher.flush();
  }

  async #wakeDue(): Promise<void> {
    const { outbox, clock } = this.#deps;
    for (const { tenantId, channelId, dueAt } of await outbox.lanes(clock.now(), this.#kinds))
      if (dueAt <= clock.now()) this.#wake(tenantId, channelId);
  }

  #wake(tenantId: string, channelId: string): void {
    if (this.#stopping) return;
    const key = `${tenantId}/${channelId}`;
    let lane = this.#lanes.get(key);
    if (!lane) {
      const signals = { closing: this.#closing.signal, stop: this.#abort.signal };
      lane = new DeliveryLane({ tenantId, channelId }, this.#deps, this.#retries, signals, this.#options);
      this.#lanes.set(key, lane);
    }
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    const run = this.#run(key, tenantId, channelId, lane, this.#running.get(key)).finally(() => {
      if (this.#running.get(key) === run) this.#running.delete(key);
    });
    this.#running.set(key, run);
  }

  /** Runs that are started while one is under way share its work; each of them is waited for by a stop. */
  async #run(
    key: string,
    tenantId: string,
    channelId: string,
    lane: DeliveryLane,
    before: Promise<void> | undefined,
  ): Promise<void> {
    const { clock, channels, logger } = this.#deps;
    try {
      await Promise.all([lane.run(), before]);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.error('A lane stopped and will be tried again.', { tenantId, channelId, reason });
      if (isUnopenable(error)) await channels.disable(tenantId, channelId, reason.slice(0, 300), clock.now());
      return;
    }
    const next = await lane.nextAt();
    if (next === undefined || this.#stopping) return;
    const wait = Math.max(1, next - clock.now());
    if (wait > this.#sweepMs) return;
    clearTimeout(this.#timers.get(key));
    const timer = setTimeout(() => this.#wake(tenantId, channelId), wait);
    timer.unref();
    this.#timers.set(key, timer);
  }

  get #sweepMs(): number {
    return this.#options.sweepMs ?? 2_000;
  }

  async #sweep(): Promise<void> {
    const { publisher, logger } = this.#deps;
    try {
      await this.#wakeDue();
      publisher.nudge();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.error('The outbox could not be looked at.', { reason });
    }
    if (this.#stopping) return;
    this.#sweeping = setTimeout(() => void this.#sweep(), this.#sweepMs);
    this.#sweeping.unref();
  }
}
