import type { Clock, Logger } from '@cdp/core/kernel';
import { type Job, type JobHandler, type ProcessOptions, type Worker, WorkQueue } from '@cdp/core/work';
import { TimedJobs } from './timed-jobs.js';

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const LONGEST_BACKOFF_MS = 60_000;

interface Queue {
  waiting: TimedJobs;
  /** Jobs under way, and what was added for them meanwhile. */
  running: Map<string, Job | undefined>;
  tries: Map<string, number>;
  workers: Set<MemoryWorker>;
  timer: NodeJS.Timeout | undefined;
}

/** Jobs of this process. A restart forgets them, which is why nobody may rely on them alone. */
export class MemoryWorkQueue extends WorkQueue {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #queues = new Map<string, Queue>();
  #closed = false;

  constructor(clock: Clock, logger: Logger) {
    super();
    this.#clock = clock;
    this.#logger = logger;
  }

  override async add(name: string, job: Job): Promise<void> {
    if (this.#closed) return;
    const queue = this.#queue(name);
    const at = job.runAt ?? this.#clock.now();
    if (queue.running.has(job.id)) {
      const again = queue.running.get(job.id);
      if (again === undefined || (again.runAt ?? 0) > at) queue.running.set(job.id, { ...job, runAt: at });
      return;
    }
    queue.waiting.put({ ...job, runAt: at });
    this.#wake(queue);
  }

  override async remove(name: string, id: string): Promise<void> {
    this.#queue(name).waiting.remove(id);
  }

  override async process(name: string, handler: JobHandler, options: ProcessOptions = {}): Promise<Worker> {
    const queue = this.#queue(name);
    const worker = new MemoryWorker(options.concurrency ?? 1, (job, signal) =>
      this.#run(name, queue, job, handler, signal, options),
    );
    queue.workers.add(worker);
    worker.onFree = () => this.#wake(queue);
    worker.onStop = () => queue.workers.delete(worker);
    this.#wake(queue);
    return worker;
  }

  override async waiting(name: string): Promise<number> {
    return this.#queue(name).waiting.size;
  }

  override async close(): Promise<void> {
    this.#closed = true;
    for (const queue of this.#queues.values()) clearTimeout(queue.timer);
    await Promise.all([...this.#queues.values()].flatMap((queue) => [...queue.workers].map((worker) => worker.stop())));
  }

  async #run(
    name: string,
    queue: Queue,
    job: Job,
    handler: JobHandler,
    signal: AbortSignal,
    { attempts = 5, backoffMs = 500 }: ProcessOptions,
  ): Promise<void> {
    queue.running.set(job.id, undefined);
    let next: Job | undefined;
    try {
      await handler(job, signal);
      queue.tries.delete(job.id);
    } catch (error) {
      const tries = (queue.tries.get(job.id) ?? 0) + 1;
      const reason = error instanceof Error ? error.message : String(error);
      if (tries < attempts) {
        queue.tries.set(job.id, tries);
        const longest = Math.min(LONGEST_BACKOFF_MS, backoffMs * 2 ** (tries - 1));
        next = { ...job, runAt: this.#clock.now() + Math.random() * longest };
        this.#logger.warn('A job failed and will be tried again.', { queue: name, job: job.id, tries, reason });
      } else {
        queue.tries.delete(job.id);
        this.#logger.error('A job failed for the last time.', { queue: name, job: job.id, tries, reason });
      }
    }
    const again = queue.running.get(job.id) ?? next;
    queue.running.delete(job.id);
    if (again && !this.#closed) queue.waiting.put(again);
  }

  #queue(name: string): Queue {
    let queue = this.#queues.get(name);
    if (!queue) {
      queue = {
        waiting: new TimedJobs(),
        running: new Map(),
        tries: new Map(),
        workers: new Set(),
        timer: undefined,
      };
      this.#queues.set(name, queue);
    }
    return queue;
  }

  /** Gives due jobs to workers that have room, and sets the timer for the next. */
  #wake(queue: Queue): void {
    clearTimeout(queue.timer);
    queue.timer = undefined;
    if (this.#closed) return;
    for (;;) {
      const next = queue.waiting.first();
      const worker = [...queue.workers].find((one) => one.hasRoom);
      if (!next || !worker) return;
      const wait = (next.runAt as number) - this.#clock.now();
      if (wait > 0) {
        queue.timer = setTimeout(() => this.#wake(queue), Math.min(Math.ceil(wait), LONGEST_TIMER_MS));
        queue.timer.unref();
        return;
      }
      queue.waiting.remove(next.id);
      worker.start(next);
    }
  }
}

class MemoryWorker implements Worker {
  readonly #concurrency: number;
  readonly #run: (job: Job, signal: AbortSignal) => Promise<void>;
  readonly #underWay = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  /** Called when a place has become free. */
  onFree: () => void = () => {};
  onStop: () => void = () => {};

  constructor(concurrency: number, run: (job: Job, signal: AbortSignal) => Promise<void>) {
    this.#concurrency = concurrency;
    this.#run = run;
  }

  get hasRoom(): boolean {
    return !this.#abort.signal.aborted && this.#underWay.size < this.#concurrency;
  }

  start(job: Job): void {
    const work = this.#run(job, this.#abort.signal).finally(() => {
      this.#underWay.delete(work);
      this.onFree();
    });
    this.#underWay.add(work);
  }

  async stop(): Promise<void> {
    this.onStop();
    this.#abort.abort();
    await Promise.all(this.#underWay);
  }
}
