import { setTimeout as after } from 'node:timers/promises';
import { CdpError } from '@cdp/core/kernel';
import { type Job, type JobHandler, type ProcessOptions, type Worker, WorkQueue } from '@cdp/core/work';
import { Queue } from 'bullmq';
import { bullName } from './bull-names.js';
import { type BullPayload, BullWorker } from './bull-worker.js';
import type { RedisConnection } from './redis-connection.js';
import { away } from './redis-error.js';
import { lookAt, type QueueKeys } from './wake-script.js';

export interface BullWorkQueueOptions {
  /** Milliseconds after which a job whose worker shows no sign of life is given to another. Default 20,000. */
  stalledAfterMs?: number;
}

/** Looks at a job that is in motion. */
const LOOKS = 200;
const LOOK_AGAIN_MS = 5;

type BullQueue = Queue<BullPayload, void, string>;

/**
 * Jobs on BullMQ, for all processes. While Redis is away wake-ups are let go, with a warning: what they are about stands in a store
 * that is looked at anyhow, and no request or run should fail for one. `waiting` and `remove` fail with `unavailable`. Workers come
 * back by themselves.
 */
export class BullWorkQueue extends WorkQueue {
  readonly #redis: RedisConnection;
  readonly #stalledAfterMs: number;
  readonly #prefix: string;
  readonly #queues = new Map<string, BullQueue>();
  readonly #workers = new Set<BullWorker>();
  #closed = false;

  constructor(redis: RedisConnection, { stalledAfterMs = 20_000 }: BullWorkQueueOptions = {}) {
    super();
    this.#redis = redis;
    this.#stalledAfterMs = stalledAfterMs;
    this.#prefix = `${redis.prefix}q`;
  }

  override async add(name: string, job: Job): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#wake(name, job);
    } catch (error) {
      if (!(error instanceof CdpError && error.code === 'unavailable')) throw error;
      this.#redis.logger.warn('Nobody was woken for a job.', { queue: name, job: job.id, reason: error.message });
    }
  }

  override async remove(name: string, id: string): Promise<void> {
    await this.#ask(name, (queue) => queue.remove(bullName(id)));
  }

  override async process(name: string, handler: JobHandler, options: ProcessOptions = {}): Promise<Worker> {
    this.#assertOpen();
    const worker = new BullWorker({
      queue: name,
      bullQueue: bullName(name),
      bullPrefix: this.#prefix,
      handler,
      options,
      stalledAfterMs: this.#stalledAfterMs,
      redis: this.#redis.another({
        // What BullMQ asks of a worker's connection: it waits for as long as it takes.
        maxRetriesPerRequest: null,
        enableOfflineQueue: true,
        autoResendUnfulfilledCommands: true,
        // A wait for jobs is silent for up to ten seconds.
        socketTimeout: 15_000,
      }),
      logger: this.#redis.logger,
    });
    this.#workers.add(worker);
    return { stop: () => worker.stop().finally(() => this.#workers.delete(worker)) };
  }

  override async waiting(name: string): Promise<number> {
    return this.#ask(name, (queue) => queue.getJobCountByTypes('waiting', 'delayed', 'prioritized'));
  }

  override async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#workers].map((worker) => worker.stop()));
  }

  async #wake(name: string, { id, payload, runAt }: Job): Promise<void> {
    const wanted = { payload, runAt: runAt ?? Date.now() };
    const bullId = bullName(id);
    const keys = this.#keysOf(name);
    let added = false;
    for (let look = 0; look < LOOKS; look++) {
      // One that was not there, and is under way or gone, has begun since and sees what the adding was about.
      const state = await this.#redis.run((redis) => lookAt(redis, keys, bullId, wanted, !added));
      if (state === 'heard' || (state === 'absent' && added)) return;
      if (state === 'ending') {
        await after(LOOK_AGAIN_MS);
        continue;
      }
      const delay = Math.max(0, Math.ceil(wanted.runAt - Date.now()));
      const options = { jobId: bullId, delay, removeOnComplete: true, removeOnFail: true };
      await this.#ask(name, (queue) => queue.add('job', { payload }, options));
      added = true;
    }
    throw away('The job is in motion: add it again.');
  }

  async #ask<Result>(name: string, work: (queue: BullQueue) => Promise<Result>): Promise<Result> {
    this.#assertOpen();
    return this.#redis.run(async () => work(await this.#queue(name)));
  }

  async #queue(name: string): Promise<BullQueue> {
    let queue = this.#queues.get(name);
    if (queue) return queue;
    const connection = this.#redis.client;
    queue = new Queue(bullName(name), { connection, prefix: this.#prefix, streams: { events: { maxLen: 100 } } });
    queue.on('error', () => {});
    await queue.waitUntilReady();
    this.#queues.set(name, queue);
    return queue;
  }

  #keysOf(name: string): QueueKeys {
    const base = `${this.#prefix}:${bullName(name)}:`;
    return { jobKey: (id) => base + id, delayed: `${base}delayed`, marker: `${base}marker` };
  }

  #assertOpen(): void {
    if (this.#closed) throw away('The queue is closed.');
  }
}
