import type { JsonObject } from '../kernel/index.js';

export interface Job {
  /** Unique in its queue: adding the same id again while the job waits changes nothing but its time, which becomes the earlier one. */
  id: string;
  payload: JsonObject;
  /** Epoch milliseconds before which it is not handed out. Default: at once. */
  runAt?: number;
}

export interface ProcessOptions {
  /** Jobs of this worker that are under way at once. Default 1. */
  concurrency?: number;
  /** Tries of a job whose handler throws, in all. Default 5. */
  attempts?: number;
  /** Milliseconds before the second try; doubled for each further one, with full jitter, up to a minute. Default 500. */
  backoffMs?: number;
}

/** Does one job. `signal` aborts when the worker is stopped: finish or throw soon. */
export type JobHandler = (job: Job, signal: AbortSignal) => Promise<void>;

export interface Worker {
  /** Takes no further job and resolves when those under way have settled. */
  stop(): Promise<void>;
}

/**
 * Wakes somebody up: jobs that are delayed, unique and tried again. **It is never the truth.** Whatever a job is about
 * stands in a store, a job carries only its name, and whoever depends on jobs also looks there by itself from time to
 * time: a queue that lost everything delays work and loses none.
 *
 * - `add` does not fail because the engine is away: that wake-up is lost, as any may be, and soon enough for whoever waits for `add`.
 * - A job is handed to one worker at a time. When its handler throws it is tried again, later; after the last try it is
 *   dropped and reported by `failed`.
 * - A job that is added while the same one is under way runs once more afterwards: a wake-up is not lost in between.
 * - Jobs that are due are handed out in the order of their times, those of the same time in the order of their adding.
 */
export abstract class WorkQueue {
  abstract add(queue: string, job: Job): Promise<void>;

  /** Takes a waiting job away; one that is under way is let be. */
  abstract remove(queue: string, id: string): Promise<void>;

  abstract process(queue: string, handler: JobHandler, options?: ProcessOptions): Promise<Worker>;

  /** Jobs of the queue that wait, due or not. */
  abstract waiting(queue: string): Promise<number>;

  /** Stops every worker, then lets go of the engine. */
  abstract close(): Promise<void>;
}
