import { randomFillSync } from 'node:crypto';
import type { Clock } from './clock.js';

/** Makes the ids of everything: opaque to clients, unique without coordination, ordered by the time of their making. */
export abstract class Ids {
  abstract next(): string;
}

/**
 * UUID version 7 (RFC 9562, section 5.7) with a 12-bit counter in `rand_a`, so that ids of one process only grow.
 * Ordered keys keep B-tree inserts at the right edge and give zone maps in columnar stores something to skip by.
 */
export class UuidIds extends Ids {
  readonly #clock: Clock;
  readonly #random = Buffer.alloc(4096);
  #randomAt = 4096;
  #lastMs = 0;
  #counter = 0;

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  override next(): string {
    const now = this.#clock.now();
    if (now > this.#lastMs) {
      this.#lastMs = now;
      this.#counter = 0;
    } else if (++this.#counter > 0xfff) {
      this.#lastMs++;
      this.#counter = 0;
    }
    if (this.#randomAt + 8 > this.#random.length) {
      randomFillSync(this.#random);
      this.#randomAt = 0;
    }
    const at = this.#randomAt;
    this.#randomAt += 8;
    this.#random[at] = ((this.#random[at] as number) & 0x3f) | 0x80;
    const time = this.#lastMs.toString(16).padStart(12, '0');
    const tail = this.#random.toString('hex', at, at + 8);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${this.#counter.toString(16).padStart(3, '0')}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  }
}
