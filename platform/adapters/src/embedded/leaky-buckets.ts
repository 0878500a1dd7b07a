import type { Allowance } from '@cdp/core/ingest';
import type { Clock } from '@cdp/core/kernel';

interface Bucket {
  /** Units in the bucket as of `at`. */
  level: number;
  at: number;
  limit: number;
  windowMs: number;
}

const SWEPT_A_TAKE = 2;
/** What rounding may leave of a unit after it has leaked out. */
const ROUNDING = 1e-6;

/**
 * A bucket of `limit` units that leaks `limit` per window: a burst may take the whole limit at once, and from then on
 * units come back evenly instead of all at the turn of a window. (The generic cell rate algorithm, counted in units, so
 * that a burst of exactly the limit is exact.)
 */
export class LeakyBuckets {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();
  #sweeper = this.#buckets.entries();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(key: string, units: number, limit: number, windowMs: number): Allowance {
    const now = this.#clock.now();
    this.#sweep(now);
    const name = `${windowMs}/${key}`;
    const bucket = this.#buckets.get(name);
    const level = bucket ? levelAt(bucket, now) : 0;
    if (level + units > limit + ROUNDING)
      return { allowed: false, retryAfter: secondsUntil(level + units - limit, level, limit, windowMs) };
    if (bucket) Object.assign(bucket, { level: level + units, at: Math.max(now, bucket.at), limit });
    else this.#buckets.set(name, { level: level + units, at: now, limit, windowMs });
    return { allowed: true };
  }

  used(key: string, windowMs: number): number {
    const bucket = this.#buckets.get(`${windowMs}/${key}`);
    return bucket ? Math.ceil(levelAt(bucket, this.#clock.now()) - ROUNDING) : 0;
  }

  /** Empty buckets are no different from none: look at a few with each take, so that memory follows use. */
  #sweep(now: number): void {
    for (let count = 0; count < SWEPT_A_TAKE; count++) {
      const { value, done } = this.#sweeper.next();
      if (done) {
        this.#sweeper = this.#buckets.entries();
        return;
      }
      if (levelAt(value[1], now) === 0) this.#buckets.delete(value[0]);
    }
  }
}

/** A clock that goes back leaks nothing and takes nothing away. */
const levelAt = ({ level, at, limit, windowMs }: Bucket, now: number): number =>
  Math.max(0, level - (Math.max(0, now - at) * limit) / windowMs);

function secondsUntil(excess: number, level: number, limit: number, windowMs: number): number {
  // More units at once than the limit never fit; a whole window is the honest answer.
  const ms = limit > 0 && excess <= level ? (excess * windowMs) / limit : windowMs;
  return Math.max(1, Math.ceil(ms / 1_000));
}
