import { NonceStore } from '@cdp/core/ingest';
import type { Clock } from '@cdp/core/kernel';

/** Nonces of one process, in two generations of a window each: a nonce is remembered for one window at least. */
export class MemoryNonceStore extends NonceStore {
  readonly #clock: Clock;
  #current = new Set<string>();
  #previous = new Set<string>();
  #turnAt = 0;

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  override use(appId: string, nonce: string, windowMs: number): boolean {
    const now = this.#clock.now();
    if (now >= this.#turnAt) {
      this.#previous = now < this.#turnAt + windowMs ? this.#current : new Set();
      this.#current = new Set();
      this.#turnAt = now + windowMs;
    }
    const key = `${appId}/${nonce}`;
    if (this.#current.has(key) || this.#previous.has(key)) return false;
    this.#current.add(key);
    return true;
  }
}
