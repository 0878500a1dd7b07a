import type { JsonObject, Logger } from '@cdp/core/kernel';
import type { JobHandler, ProcessOptions, Worker } from '@cdp/core/work';
import { type Job as BullJob, Worker as BullsWorker, DelayedError } from 'bullmq';
import type { Redis } from 'ioredis';
import { nameOf } from './bull-names.js';
import { textOf } from './redis-error.js';
import { takeAgain } from './wake-script.js';

const LONGEST_BACKOFF_MS = 60_000;
/** How long a stop waits to write down what became of the last jobs; without it another worker does them again. */
const STOP_MS = 2_000;

/** What a job carries in Redis. */
export interface BullPayload {
  payload: JsonObject;
  /** How often its handler threw since it last did not. */
  tries?: number;
}

export interface BullWorkerParts {
  queue: string;
  /** As BullMQ calls the queue. */
  bullQueue: string;
  bullPrefix: string;
  handler: JobHandler;
  options: ProcessOptions;
  stalledAfterMs: number;
  /** A connection of its own, on which commands wait while Redis is away. */
  redis: Redis;
  logger: Logger;
}

/** Works on the jobs of one queue, each under a lock that is held for as long as its handler runs. */
export class BullWorker implements Worker {
  readonly #parts: BullWorkerParts;
  readonly #worker: BullsWorker<BullPayload>;
  readonly #abort = new AbortController();
  readonly #handling = new Set<Promise<unknown>>();
  #stopped: Promise<void> | undefined;

  constructor(parts: BullWorkerParts) {
    this.#parts = parts;
    const { queue, bullQueue, bullPrefix, stalledAfterMs, redis, logger, options } = parts;
    redis.on('error', () => {});
    this.#worker = new BullsWorker<BullPayload>(bullQueue, (job, token) => this.#process(job, token), {
      connection: redis,
      prefix: bullPrefix,
      concurrency: options.concurrency ?? 1,
      lockDuration: stalledAfterMs,
      stalledInterval: Math.ceil(stalledAfterMs / 2),
      // One that is found again and again took its process with it each time, as far as anybody can know.
      maxStalledCount: options.attempts ?? 5,
      runRetryDelay: 500,
    });
    this.#worker.on('stalled', (id) =>
      logger.warn('A job is done again: its worker is gone.', { queue, job: nameOf(id) }),
    );
    this.#worker.on('failed', (job, error) =>
      logger.error('A job was dropped.', {
        queue,
        job: job?.id === undefined ? '' : nameOf(job.id),
        reason: error.message,
      }),
    );
    this.#worker.on('error', (error) =>
      logger.debug('A worker could not reach its queue.', { queue, reason: textOf(error) }),
    );
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#abort.abort();
    const closed = this.#worker.close();
    closed.catch(() => {});
    while (this.#handling.size > 0) await Promise.allSettled(this.#handling);
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    const timer = setTimeout(resolve, STOP_MS, 'late');
    const end = await Promise.race([closed.catch(() => {}), late]);
    clearTimeout(timer);
    if (end === 'late') void this.#worker.close(true).catch(() => {});
    this.#parts.redis.disconnect();
  }

  async #process(job: BullJob<BullPayload>, token: string | undefined): Promise<void> {
    const { redis, bullPrefix, bullQueue } = this.#parts;
    const jobKey = `${bullPrefix}:${bullQueue}:${job.id}`;
    // Somebody died after having looked for the last time.
    if (job.stalledCounter > 0) await redis.hdel(jobKey, 'ending');
    const retry = await this.#handle(job);
    const again = await takeAgain(redis, jobKey, retry === undefined);
    if (!again && !retry) return;
    const runAt = Math.min(again?.runAt ?? Number.POSITIVE_INFINITY, retry?.runAt ?? Number.POSITIVE_INFINITY);
    await job.updateData({ payload: again?.payload ?? job.data.payload, tries: retry?.tries ?? 0 });
    await job.moveToDelayed(runAt, token);
    throw new DelayedError();
  }

  /** Answers when to try it again, where that is to be. */
  async #handle(job: BullJob<BullPayload>): Promise<{ runAt: number; tries: number } | undefined> {
    const { queue, handler, options, logger } = this.#parts;
    const id = nameOf(job.id as string);
    const handling = handler({ id, payload: job.data.payload }, this.#abort.signal);
    this.#handling.add(handling);
    try {
      await handling;
      return undefined;
    } catch (error) {
      const tries = (job.data.tries ?? 0) + 1;
      const reason = textOf(error);
      if (tries >= (options.attempts ?? 5)) {
        logger.error('A job failed for the last time.', { queue, job: id, tries, reason });
        return undefined;
      }
      logger.warn('A job failed and will be tried again.', { queue, job: id, tries, reason });
      const longest = Math.min(LONGEST_BACKOFF_MS, (options.backoffMs ?? 500) * 2 ** (tries - 1));
      return { runAt: Date.now() + Math.ceil(Math.random() * longest), tries };
    } finally {
      this.#handling.delete(handling);
    }
  }
}
