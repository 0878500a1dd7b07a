import { enriched } from '../inbound/index.js';
import type { Clock, Logger } from '../kernel/index.js';
import type { EventLog } from '../log/index.js';
import type { Leases } from '../work/index.js';
import type { DueIndex } from './due-index.js';

/** How often the index is asked; a look at its first entry costs microseconds. */
const EVERY_MS = 200;
const AT_ONCE = 1_000;
const LEASE = 'due profiles';
const LEASE_MS = 10_000;

export interface DueTickerParts {
  index: DueIndex;
  log: EventLog;
  leases: Leases;
  processId: string;
  clock: Clock;
  logger: Logger;
}

/** Sends a tick to each profile whose instant has come, so that it is evaluated again by its own writer. */
export class DueTicker {
  readonly #index: DueIndex;
  readonly #log: EventLog;
  readonly #leases: Leases;
  readonly #holder: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #heldUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(parts: DueTickerParts) {
    this.#index = parts.index;
    this.#log = parts.log;
    this.#leases = parts.leases;
    this.#holder = parts.processId;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() =>
        this.#tickAlone().catch((error: unknown) =>
          this.#logger.warn('due profiles could not be called', { error: String(error) }),
        ),
      );
    }, EVERY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
    if (this.#heldUntil > 0) await this.#leases.release(LEASE, this.#holder);
  }

  /** Of many processes one: to be called twice would do no harm, but take the work of being called twice. */
  async #tickAlone(): Promise<void> {
    const now = this.#clock.now();
    const next = await this.#index.next();
    if (next === undefined || next > now) return;
    if (now > this.#heldUntil - LEASE_MS / 2) {
      if (!(await this.#leases.take(LEASE, this.#holder, now, LEASE_MS))) return;
      this.#heldUntil = now + LEASE_MS;
    }
    await this.tick();
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
