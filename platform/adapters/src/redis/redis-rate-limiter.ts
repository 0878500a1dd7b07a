import { randomUUID } from 'node:crypto';
import { type Allowance, RateLimiter } from '@cdp/core/ingest';
import type { Clock } from '@cdp/core/kernel';
import { LeakyBuckets } from '../embedded/leaky-buckets.js';
import { LimitBatch } from './limit-batch.js';
import { LimitEntry } from './limit-entry.js';
import type { LimitAnswer, LimitAsk } from './limit-script.js';
import type { RedisConnection } from './redis-connection.js';
import { away } from './redis-error.js';

export interface RedisRateLimiterOptions {
  clock: Clock;
  /**
   * Of each limit, what this process allows by itself while Redis is away. Default 0.5: two such processes allow together what
   * the limit says. Where more of them take requests, say one divided by their number.
   */
  share?: number;
  /** Milliseconds that a request waits for Redis before the process goes on by itself. Default 100. */
  patienceMs?: number;
}

const ALLOWED: Allowance = { allowed: true };
/** Between looks at what is idle, and while Redis is away, whether it is back. */
const EVERY_MS = 250;
const ANY_LIMIT = 1e15;

/**
 * Limits that all processes share, by the embedded limiter's rules: buckets that leak for seconds and minutes, quotas in windows
 * from the epoch on for an hour and more.
 *
 * - All that is asked in one turn of the event loop is one call to Redis. Where a limit is large and much asked for, a process
 *   takes units along, up to 2 % of a bucket for a twentieth of its window and up to 1 % of a quota, and answers at once.
 * - A quota is never exceeded. Units that lie with a process that nobody asks any more go back after a second; those of one that
 *   is killed are lost to their owner. All processes together pass 2 % of a bucket a process more than one alone would.
 * - While Redis is away (`degraded`) the process goes on by itself with its `share` of each limit, of a quota with its share
 *   of what was left. What it gave out of quotas is told to Redis afterwards. Both ends of an outage need nobody.
 */
export class RedisRateLimiter extends RateLimiter {
  readonly #redis: RedisConnection;
  readonly #clock: Clock;
  readonly #share: number;
  readonly #batch: LimitBatch;
  readonly #entries = new Map<string, LimitEntry>();
  readonly #timer: NodeJS.Timeout;
  #alone: LeakyBuckets;
  #degraded = false;
  #tidying: Promise<void> | undefined;
  #closed = false;

  constructor(redis: RedisConnection, { clock, share = 0.5, patienceMs = 100 }: RedisRateLimiterOptions) {
    super();
    this.#redis = redis;
    this.#clock = clock;
    this.#share = share;
    this.#alone = new LeakyBuckets(clock);
    this.#batch = new LimitBatch(redis, patienceMs);
    this.#timer = setInterval(() => this.#tidy(), EVERY_MS);
    this.#timer.unref();
  }

  /** True while limits are this process' own affair, because Redis is away: a detail for whoever asks for its readiness. */
  get degraded(): boolean {
    return this.#degraded;
  }

  override take(key: string, units: number, limit: number, windowMs: number): Allowance | Promise<Allowance> {
    this.#assertOpen();
    const now = this.#clock.now();
    const entry = this.#entry(key, windowMs);
    if (entry.spend(units, limit, now)) return ALLOWED;
    return this.#degraded ? this.#takeAlone(entry, units, limit, now) : this.#ask(entry, units, limit, now);
  }

  override async used(key: string, windowMs: number): Promise<number> {
    this.#assertOpen();
    const now = this.#clock.now();
    const entry = this.#entry(key, windowMs);
    const kind = entry.isQuota ? 'quota' : 'bucket';
    const ask: LimitAsk = { kind, key: entry.key, now, units: 0, extra: 0, limit: ANY_LIMIT, windowMs };
    const { used } = await this.#batch.ask(ask);
    return Math.max(0, used - entry.left);
  }

  override async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#tidying;
    // What cannot be told any more is lost to the owner of the quota.
    await this.#report([...this.#entries.values()]).catch(() => {});
  }

  async #ask(entry: LimitEntry, units: number, limit: number, now: number): Promise<Allowance> {
    const { key, windowMs, isQuota } = entry;
    const extra = entry.extra(units, limit, now);
    let answer: LimitAnswer;
    try {
      answer = await this.#batch.ask({ kind: isQuota ? 'quota' : 'bucket', key, now, units, extra, limit, windowMs });
    } catch {
      this.#degrade();
      return this.#takeAlone(entry, units, limit, now);
    } finally {
      entry.asked(extra);
    }
    if (isQuota && !entry.heard(answer)) return answer.granted < 0 ? refusal(answer.retryMs) : ALLOWED;
    if (answer.granted < 0)
      // Another may have brought some along meanwhile.
      return entry.spend(units, limit, now) ? ALLOWED : refusal(answer.retryMs);
    entry.put(answer.granted - units, limit, now);
    return ALLOWED;
  }

  #takeAlone(entry: LimitEntry, units: number, limit: number, now: number): Allowance {
    const { key, windowMs, owed } = entry;
    if (!entry.isQuota) return this.#alone.take(key, units, limit * this.#share, windowMs);
    const start = Math.max(entry.start, Math.floor(now / windowMs) * windowMs);
    if (start > entry.start) Object.assign(entry, { start, used: 0 });
    if (start > owed.start) Object.assign(owed, { start, units: 0 });
    if (owed.units + units > (limit - entry.used) * this.#share) return refusal(start + windowMs - now);
    owed.units += units;
    return ALLOWED;
  }

  #entry(key: string, windowMs: number): LimitEntry {
    const name = `${windowMs}/${key}`;
    let entry = this.#entries.get(name);
    if (!entry) {
      entry = new LimitEntry(`${this.#redis.prefix}l${name}`, windowMs);
      this.#entries.set(name, entry);
    }
    return entry;
  }

  #degrade(): void {
    if (this.#degraded) return;
    this.#degraded = true;
    this.#alone = new LeakyBuckets(this.#clock);
    this.#redis.logger.warn('Limits are counted by each process alone, until Redis is back.', { share: this.#share });
  }

  #tidy(): void {
    if (this.#degraded && !this.#redis.connected) return;
    this.#tidying ??= this.#tidyNow().finally(() => {
      this.#tidying = undefined;
    });
  }

  async #tidyNow(): Promise<void> {
    const now = this.#clock.now();
    const entries = [...this.#entries].filter(([, entry]) => this.#degraded || entry.isIdle(now));
    try {
      await this.#report(entries.map(([, entry]) => entry));
    } catch {
      this.#degrade();
      return;
    }
    for (const [name, entry] of entries)
      if (entry.isIdle(now) && entry.owed.units === 0 && entry.left === 0) this.#entries.delete(name);
    if (!this.#degraded) return;
    this.#degraded = false;
    this.#redis.logger.info('Limits are shared again.');
  }

  /** Gives back what lies idle and tells what was given out alone. */
  async #report(entries: readonly LimitEntry[]): Promise<void> {
    const now = this.#clock.now();
    const reports: Promise<LimitAnswer>[] = [];
    // Even nothing is told: whether Redis answers is what the end of an outage is known by.
    if (this.#degraded) reports.push(this.#batch.ask(this.#reportOf(`${this.#redis.prefix}l`, 1_000, 0, 0, now)));
    for (const entry of entries) {
      const { key, windowMs, start, owed } = entry;
      const left = entry.clear();
      if (!entry.isQuota) continue;
      if (left > 0) reports.push(this.#batch.ask(this.#reportOf(key, windowMs, -left, start, now)));
      if (owed.units > 0) reports.push(this.#tellOwed(entry, now));
    }
    const outcomes = await Promise.allSettled(reports);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async #tellOwed(entry: LimitEntry, now: number): Promise<LimitAnswer> {
    const { key, windowMs, owed } = entry;
    entry.telling ??= { ...owed, token: randomUUID() };
    const { units, start, token } = entry.telling;
    const answer = await this.#batch.ask({ ...this.#reportOf(key, windowMs, units, start, now), token });
    entry.telling = undefined;
    if (owed.start === start) owed.units -= units;
    return answer;
  }

  #reportOf(key: string, windowMs: number, units: number, start: number, now: number): LimitAsk {
    return { kind: 'report', key, now, units, extra: 0, limit: 0, windowMs, start };
  }

  #assertOpen(): void {
    if (this.#closed) throw away('The rate limiter is closed.');
  }
}

const refusal = (retryMs: number): Allowance => ({
  allowed: false,
  retryAfter: Math.max(1, Math.ceil(retryMs / 1_000)),
});
