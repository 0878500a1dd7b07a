import type { ImportService, RejectedEventStore } from '@cdp/core/ingest';
import type { Clock, Logger } from '@cdp/core/kernel';
import type { RetentionConfig } from '../config/retention-config.js';

export interface RetentionParts {
  rejected: RejectedEventStore;
  imports: ImportService;
  config: RetentionConfig;
  clock: Clock;
  logger: Logger;
}

const HOURLY_MS = 3_600_000;
/** Rows that one statement removes: writers come in between. */
const AT_ONCE = 1_000;

/** Lets go, once an hour, of what was kept for a time only. The log trims itself. */
export class Retention {
  readonly #parts: RetentionParts;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.run());
    }, HOURLY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Never rejects: what could not be removed is tried again in an hour. */
  async run(): Promise<void> {
    const { rejected, imports, config, clock, logger } = this.#parts;
    try {
      const before = clock.now() - config.rejectedMs;
      while (!this.#stopping && (await rejected.trim(before, AT_ONCE)) === AT_ONCE);
      if (!this.#stopping) await imports.forget(clock.now() - config.importsMs);
    } catch (error) {
      logger.warn('What was kept for its time could not be removed', { error: String(error) });
    }
  }
}
