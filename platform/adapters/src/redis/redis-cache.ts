import type { Clock, Json } from '@cdp/core/kernel';
import { Cache } from '@cdp/core/work';
import type { RedisConnection } from './redis-connection.js';

/** What the port allows for an answer. */
const PATIENCE_MS = 50;
/** Deletions that wait for Redis to come back. */
const OWED = 10_000;

/**
 * Values that all processes share. There is no copy of them in the process: a value that somebody deletes is gone everywhere at
 * once, without a message that might be missed. What must be known while Redis is away is remembered by whoever needs it.
 */
export class RedisCache extends Cache {
  readonly #redis: RedisConnection;
  readonly #clock: Clock;
  readonly #prefix: string;
  /** Deleted while Redis was away: gone for this process at once, for the others when it comes back. */
  readonly #owed = new Set<string>();
  readonly #stopListening: () => void;

  constructor(redis: RedisConnection, clock: Clock) {
    super();
    this.#redis = redis;
    this.#clock = clock;
    this.#prefix = `${redis.prefix}c:`;
    this.#stopListening = redis.whenUp(() => void this.#payOwed());
  }

  override async get(key: string): Promise<Json | undefined> {
    if (this.#owed.has(key)) return undefined;
    const text = await inTime(this.#redis.run((redis) => redis.get(this.#prefix + key)));
    if (!text) return undefined;
    // The time to live is that of the clock that it was put in by, Redis' own only clears up.
    const [until, value] = JSON.parse(text) as [number, Json];
    return until > this.#clock.now() ? value : undefined;
  }

  override async set(key: string, value: Json, ttlMs: number): Promise<void> {
    if (!(ttlMs >= 1) || this.#owed.has(key)) return;
    const text = JSON.stringify([this.#clock.now() + ttlMs, value]);
    await inTime(this.#redis.run((redis) => redis.set(this.#prefix + key, text, 'PX', Math.ceil(ttlMs))));
  }

  /** Fails only when so many wait for Redis to come back that no more are remembered. */
  override async delete(key: string): Promise<void> {
    try {
      await this.#redis.run((redis) => redis.del(this.#prefix + key));
    } catch (error) {
      if (this.#owed.size >= OWED) throw error;
      this.#owed.add(key);
      if (this.#redis.connected) await this.#payOwed();
    }
  }

  override async close(): Promise<void> {
    this.#stopListening();
  }

  async #payOwed(): Promise<void> {
    const keys = [...this.#owed];
    if (keys.length === 0) return;
    try {
      await this.#redis.run((redis) => redis.del(...keys.map((key) => this.#prefix + key)));
      for (const key of keys) this.#owed.delete(key);
    } catch {
      // They wait until it is there again.
    }
  }
}

/** What came within the time, or nothing; what comes later, or fails, is let go. */
async function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, PATIENCE_MS, undefined);
  try {
    return await Promise.race([answer.catch(() => undefined), promise]);
  } finally {
    clearTimeout(timer);
  }
}
