import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../kernel/index.js';
import type { DeliveryPublisher } from './delivery-publisher.js';
import type { OutboxStore, Settlement } from './outbox-store.js';
import type { RecentSends } from './recent-sends.js';

interface Waiting {
  lease: string;
  settlements: Settlement[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

export interface SettleOptions {
  /** Callbacks of the provider will name messages by its own ids. */
  keepProviderIds: boolean;
  /** Nobody waits for it: others may join. What was sent is in doubt until its result is stored, so this is not for every channel. */
  unhurried: boolean;
}

/** Milliseconds that results wait for others to share their transaction, where nobody waits for them. */
const GATHER_MS = 15;

/** Stores results in as few transactions as their arrival allows: those that come while one is being written share the next. */
export class Settler {
  readonly #tenantId: string;
  readonly #outbox: OutboxStore;
  readonly #publisher: DeliveryPublisher;
  readonly #sends: RecentSends;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #writing = false;

  constructor(
    tenantId: string,
    deps: { outbox: OutboxStore; publisher: DeliveryPublisher; sends: RecentSends; clock: Clock },
  ) {
    this.#tenantId = tenantId;
    this.#outbox = deps.outbox;
    this.#publisher = deps.publisher;
    this.#sends = deps.sends;
    this.#clock = deps.clock;
  }

  /** Resolves when the results are stored, or refused because the lease is another's by now. */
  settle(lease: string, settlements: Settlement[], options: SettleOptions): Promise<void> {
    if (settlements.length === 0) return Promise.resolve();
    const now = this.#clock.now();
    for (const { id, state } of settlements) if (state === 'sent') this.#sends.note(id, now, now);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ lease, settlements, resolve, reject });
    if (!this.#writing) void this.#write(options);
    return promise;
  }

  async #write({ keepProviderIds, unhurried }: SettleOptions): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      if (unhurried) await delay(GATHER_MS);
      const all = this.#waiting;
      this.#waiting = [];
      for (const [lease, group] of Map.groupBy(all, (one) => one.lease)) {
        try {
          const settlements = group.flatMap((one) => one.settlements);
          await this.#outbox.settle(this.#tenantId, lease, settlements, this.#clock.now(), { keepProviderIds });
          for (const one of group) one.resolve();
        } catch (error) {
          for (const one of group) one.reject(error);
        }
      }
      this.#publisher.nudge();
    }
    this.#writing = false;
  }
}
