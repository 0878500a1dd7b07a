import { type Allowance, RateLimiter } from '@cdp/core/ingest';
import { CdpError, type Clock } from '@cdp/core/kernel';
import { LeakyBuckets } from './leaky-buckets.js';
import { LmdbQuotas } from './lmdb-quotas.js';
import type { LmdbState } from './lmdb-state.js';

/** Windows from here on are quotas: counted in fixed windows that survive a restart. */
const QUOTA_FROM_MS = 3_600_000;

/** Limits of seconds and minutes as leaky buckets in memory, quotas of an hour and more in LMDB. */
export class MemoryRateLimiter extends RateLimiter {
  readonly #buckets: LeakyBuckets;
  readonly #quotas: LmdbQuotas;
  #closed = false;

  constructor(options: { state: LmdbState; clock: Clock }) {
    super();
    this.#buckets = new LeakyBuckets(options.clock);
    this.#quotas = new LmdbQuotas(options.state, options.clock);
  }

  override take(key: string, units: number, limit: number, windowMs: number): Allowance | Promise<Allowance> {
    this.#assertOpen();
    return windowMs >= QUOTA_FROM_MS
      ? this.#quotas.take(key, units, limit, windowMs)
      : this.#buckets.take(key, units, limit, windowMs);
  }

  override async used(key: string, windowMs: number): Promise<number> {
    this.#assertOpen();
    return windowMs >= QUOTA_FROM_MS ? this.#quotas.used(key, windowMs) : this.#buckets.used(key, windowMs);
  }

  override async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#quotas.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw new CdpError('unavailable', 'The rate limiter is closed.', { retryAfter: 5 });
  }
}
