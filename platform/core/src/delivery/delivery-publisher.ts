import type { Logger } from '../kernel/index.js';
import { type EventLog, TOPICS } from '../log/index.js';
import type { OutboxStore } from './outbox-store.js';

const BATCHES = 50;
/**
 * Milliseconds from one publishing to the next. A campaign makes thousands of events a second, and behind the log each step of their
 * way takes a transaction a batch: in large batches they take a third of the time from the sending. One that comes alone does not wait.
 */
const EVERY_MS = 1_000;

/**
 * Brings stored delivery events to the log: an event is published because its row says so, and again after a crash in between.
 * Whoever reads them takes each id once.
 */
export class DeliveryPublisher {
  readonly #outbox: OutboxStore;
  readonly #log: EventLog;
  readonly #logger: Logger;
  #running: Promise<void> | undefined;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the next may be nudged, on the clock that only grows. */
  #nextAt = 0;

  constructor(deps: { outbox: OutboxStore; log: EventLog; logger: Logger }) {
    this.#outbox = deps.outbox;
    this.#log = deps.log;
    this.#logger = deps.logger;
  }

  /** Soon, without waiting for it. Calls while it works or waits share one more round. */
  nudge(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#publishSoon(), Math.max(0, this.#nextAt - performance.now()));
    this.#timer.unref();
  }

  /** Resolves when everything that was stored before the call is published. */
  flush(): Promise<void> {
    if (this.#running === undefined) this.#running = this.#publish();
    else this.#again = true;
    return this.#running;
  }

  #publishSoon(): void {
    this.#timer = undefined;
    this.#nextAt = performance.now() + EVERY_MS;
    void this.flush().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.warn('Delivery events wait to be published.', { reason });
    });
  }

  async #publish(): Promise<void> {
    try {
      do {
        this.#again = false;
        await this.#round();
      } while (this.#again);
    } finally {
      // In the same turn as the last look at `again`: no call may fall between.
      this.#running = undefined;
    }
  }

  async #round(): Promise<void> {
    for (;;) {
      const batches = await this.#outbox.unpublished(BATCHES);
      if (batches.length > 0) {
        await this.#log.append(
          batches.flatMap((batch) =>
            batch.events.map((event) => ({
              topic: TOPICS.delivery,
              key: `${event.tenantId}/${event.profileId}`,
              value: Buffer.from(JSON.stringify(event)),
            })),
          ),
        );
        await this.#outbox.markPublished(batches.map((batch) => batch.id));
      }
      if (batches.length < BATCHES) return;
    }
  }
}
