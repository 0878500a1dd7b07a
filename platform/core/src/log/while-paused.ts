import type { Consumer } from './event-log.js';

/** Runs pieces of work while a consumer is paused. One at a time: the first to end would wake the consumer under the others. */
export class WhilePaused {
  readonly #consumer: () => Consumer | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** `consumer`: asked at each run, since consumers come to be after those who pause them. */
  constructor(consumer: () => Consumer | undefined) {
    this.#consumer = consumer;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(async () => {
      const consumer = this.#consumer();
      await consumer?.pause();
      try {
        return await work();
      } finally {
        consumer?.resume();
      }
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
