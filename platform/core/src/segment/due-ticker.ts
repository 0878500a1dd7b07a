import { enriched } from '../inbound/index.js';
import type { Clock, Logger } from '../kernel/index.js';
import type { EventLog } from '../log/index.js';
import type { DueIndex } from './due-index.js';

/** How often the index is asked; a look at its first entry costs microseconds. */
const EVERY_MS = 200;
const AT_ONCE = 1_000;

/** Sends a tick to each profile whose instant has come, so that it is evaluated again by its own writer. */
export class DueTicker {
  readonly #index: DueIndex;
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(index: DueIndex, log: EventLog, clock: Clock, logger: Logger) {
    this.#index = index;
    this.#log = log;
    this.#clock = clock;
    this.#logger = logger;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() =>
        this.tick().catch((error: unknown) =>
          this.#logger.warn('due profiles could not be called', { error: String(error) }),
        ),
      );
    }, EVERY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Calls everybody whose instant has come; answers how many. */
  async tick(): Promise<number> {
    const now = this.#clock.now();
    const next = await this.#index.next();
    if (next === undefined || next > now) return 0;
    let called = 0;
    for (;;) {
      const due = await this.#index.due(now, AT_ONCE);
      if (due.length === 0) return called;
      await this.#log.append(
        due.map(({ tenantId, profileId }) => enriched({ kind: 'tick', tenantId, profileId, at: now })),
      );
      await this.#index.done(due);
      called += due.length;
    }
  }
}
