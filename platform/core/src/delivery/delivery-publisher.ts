import type { Logger } from '../kernel/index.js';
import { type EventLog, TOPICS } from '../log/index.js';
import type { OutboxStore } from './outbox-store.js';

const BATCHES = 50;
/**
 * Milliseconds from one publishing to the next while a campaign makes thousands of events a second: behind the log each step of
 * their way takes a transaction a batch, and in batches of a second they take far less from the sending than in small ones. What
 * comes alone, and the last of what was sent, does not wait.
 */
const EVERY_MS = 2_000;

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
  #stopped = false;

  constructor(deps: { outbox: OutboxStore; log: EventLog; logger: Logger }) {
    this.#outbox = deps.outbox;
    this.#log = deps.log;
    this.#logger = deps.logger;
  }

  /** Soon: at once, or a second after the last time. Calls until then share it. */
  nudge(): void {
    if (this.#timer !== undefined || this.#stopped) return;
    this.#timer = setTimeout(() => this.hurry(), Math.max(0, this.#nextAt - performance.now()));
    this.#timer.unref();
  }

  /** At once: nothing more is to come that it could share a batch with. */
  hurry(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#stopped) return;
    this.#nextAt = performance.now() + EVERY_MS;
    void this.flush().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.warn('Delivery events wait to be published.', { reason });
    });
  }

  /** Resolves when everything that was stored before the call is published. */
  flush(): Promise<void> {
    if (this.#running === undefined) this.#running = this.#publish();
    else this.#again = true;
    return this.#running;
  }

  /** Publishes what there is, and nothing more after that. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.flush();
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
