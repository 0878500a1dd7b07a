import type { Clock, Logger } from '../kernel/index.js';
import type { SegmentCatalog } from './segment-catalog.js';
import type { WriterRoll } from './writer-roll.js';

/** Tells, for this process, which definitions the profiles that it writes are held to. */
export class WriterSeat {
  readonly #processId: string;
  readonly #catalog: SegmentCatalog;
  readonly #roll: WriterRoll;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** What was followed when each batch under way began. */
  readonly #under = new Set<{ position: number }>();

  constructor(parts: { processId: string; catalog: SegmentCatalog; roll: WriterRoll; clock: Clock; logger: Logger }) {
    this.#processId = parts.processId;
    this.#catalog = parts.catalog;
    this.#roll = parts.roll;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  /** Before the catalog is read and the first batch: nobody may take this process for one that is not there. */
  async take(): Promise<void> {
    await this.#roll.report(this.#processId, 0, this.#clock.now());
  }

  /** To be called often: a process that tells nothing of itself is taken for gone. */
  async report(): Promise<void> {
    const under = [...this.#under].map(({ position }) => position);
    await this.#roll.report(this.#processId, Math.min(this.#catalog.position, ...under), this.#clock.now());
  }

  /** Runs one batch. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const batch = { position: this.#catalog.position };
    this.#under.add(batch);
    try {
      return await work();
    } finally {
      this.#under.delete(batch);
    }
  }

  /** After the last batch. */
  async leave(): Promise<void> {
    await this.#roll.leave(this.#processId).catch((error: unknown) => {
      this.#logger.warn('a writer could not sign off; it is taken for gone in a while', { error: String(error) });
    });
  }
}
