import type { Batch, BatchHandler, LogRecord } from './event-log.js';

/** A handler that keeps what it saw and lets a test wait for it. */
export class Collector {
  readonly batches: Batch[] = [];
  readonly #work: (batch: Batch) => LogRecord[] | Promise<LogRecord[]>;
  #waiters: { count: number; resolve: () => void }[] = [];

  constructor(work: (batch: Batch) => LogRecord[] | Promise<LogRecord[]> = () => []) {
    this.#work = work;
  }

  readonly handler: BatchHandler = async (batch) => {
    this.batches.push(batch);
    this.#waiters = this.#waiters.filter(({ count, resolve }) => {
      if (this.batches.length < count) return true;
      resolve();
      return false;
    });
    return this.#work(batch);
  };

  get values(): string[] {
    return this.batches.flatMap(({ records }) => records.map(({ value }) => value.toString()));
  }

  /** Resolves when the handler was called so many times in all. */
  called(count: number): Promise<void> {
    if (this.batches.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ count, resolve }));
  }
}

/** A door that work waits at until a test opens it. */
export class Gate {
  readonly opened: Promise<void>;
  open: () => void = () => {};

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}
