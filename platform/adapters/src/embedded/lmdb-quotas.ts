import { hash } from 'node:crypto';
import type { Allowance } from '@cdp/core/ingest';
import type { Clock } from '@cdp/core/kernel';
import type { Bytes, LmdbState } from './lmdb-state.js';

interface Quota {
  key: Buffer;
  /** When the window began. */
  start: number;
  used: number;
  /** What the disk says was taken: never less than `used` once a unit is given out. */
  reserved: number;
  extending: Promise<void> | undefined;
}

/** Part of the limit that is written down ahead of its use; also what a crash can cost a caller at the most. */
const AHEAD = 0.01;

/**
 * Quotas in fixed windows from the epoch on (a window of a day is a UTC day). A figure on the disk runs ahead of what
 * was given out, so that most decisions need no write and yet no crash gives a unit twice.
 */
export class LmdbQuotas {
  readonly #state: LmdbState;
  readonly #clock: Clock;
  readonly #database: Bytes;
  readonly #quotas = new Map<string, Quota>();

  constructor(state: LmdbState, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
    this.#database = state.database('quotas');
  }

  take(key: string, units: number, limit: number, windowMs: number): Allowance | Promise<Allowance> {
    const now = this.#clock.now();
    const quota = this.#current(key, windowMs, now);
    if (quota.used + units > limit)
      return { allowed: false, retryAfter: Math.max(1, Math.ceil((quota.start + windowMs - now) / 1_000)) };
    quota.used += units;
    const ahead = Math.ceil(limit * AHEAD);
    if (quota.used <= quota.reserved) {
      if (quota.reserved - quota.used < ahead / 2 && quota.reserved < limit)
        // A failure shows again, and is answered, when the next take needs the room.
        void this.#extend(quota, Math.min(limit, quota.used + ahead)).catch(() => {});
      return { allowed: true };
    }
    return this.#takeWithRoom(quota, units, Math.min(limit, quota.used + ahead));
  }

  used(key: string, windowMs: number): number {
    return this.#current(key, windowMs, this.#clock.now()).used;
  }

  /** Gives back what was written ahead and not used. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#quotas.values()].map(({ extending }) => extending));
    const unused = [...this.#quotas.values()].filter(({ used, reserved }) => used < reserved);
    if (unused.length > 0) await this.#put(unused.map((quota) => ({ quota, reserved: quota.used })));
  }

  async #takeWithRoom(quota: Quota, units: number, reserve: number): Promise<Allowance> {
    try {
      while (quota.reserved < quota.used) await this.#extend(quota, Math.max(reserve, quota.used));
      return { allowed: true };
    } catch (error) {
      quota.used -= units;
      throw error;
    }
  }

  async #extend(quota: Quota, reserved: number): Promise<void> {
    quota.extending ??= this.#put([{ quota, reserved }]).finally(() => {
      quota.extending = undefined;
    });
    await quota.extending;
  }

  async #put(figures: { quota: Quota; reserved: number }[]): Promise<void> {
    const rows = figures.map(({ quota, reserved }) => {
      const value = Buffer.allocUnsafe(16);
      value.writeDoubleBE(quota.start, 0);
      value.writeDoubleBE(reserved, 8);
      return { key: quota.key, value };
    });
    await this.#state.write(() => {
      for (const { key, value } of rows) void this.#database.put(key, value);
    });
    for (const { quota, reserved } of figures) quota.reserved = Math.max(quota.used, reserved);
  }

  #current(key: string, windowMs: number, now: number): Quota {
    const start = Math.floor(now / windowMs) * windowMs;
    const name = `${windowMs}/${key}`;
    const known = this.#quotas.get(name);
    // A clock that goes back stays in the window it was in, or units would be given out a second time.
    if (known && known.start >= start) return known;
    const quota = this.#load(name, start);
    this.#quotas.set(name, quota);
    return quota;
  }

  #load(name: string, start: number): Quota {
    const key = hash('sha256', name, 'buffer');
    const stored = this.#database.getBinaryFast(key) as Buffer | undefined;
    if (!stored || stored.readDoubleBE(0) < start) return { key, start, used: 0, reserved: 0, extending: undefined };
    const reserved = stored.readDoubleBE(8);
    return { key, start: stored.readDoubleBE(0), used: reserved, reserved, extending: undefined };
  }
}
