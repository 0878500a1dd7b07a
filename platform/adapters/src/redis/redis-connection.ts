import type { Logger } from '@cdp/core/kernel';
import { Redis } from 'ioredis';
import { asCdpError, away, textOf } from './redis-error.js';
import { type ClientOptions, clientOptions, type RedisOptions } from './redis-options.js';

/**
 * One connection for the commands of a process. Nothing waits on it without bound: what Redis does not answer in time, or
 * cannot be asked while it is away, is refused with `unavailable` at once. It comes back by itself.
 */
export class RedisConnection {
  readonly prefix: string;
  readonly logger: Logger;
  readonly #options: RedisOptions;
  readonly #redis: Redis;
  readonly #maxPending: number;
  readonly #onUp = new Set<() => void>();
  #pending = 0;
  #isUp = false;
  #closed = false;

  constructor(options: RedisOptions) {
    this.#options = options;
    this.prefix = options.prefix ?? 'cdp:';
    this.logger = options.logger;
    this.#maxPending = options.maxPending ?? 20_000;
    this.#redis = new Redis(clientOptions(options));
    this.#redis.on('ready', () => this.#up());
    this.#redis.on('close', () => this.#down());
    // Those who ask are told; what is said here is why nobody can be.
    this.#redis.on('error', (error: unknown) => this.#down(textOf(error)));
  }

  /** False while Redis cannot be asked: a detail for whoever asks whether the process is ready. */
  get connected(): boolean {
    return this.#redis.status === 'ready';
  }

  /** Calls that wait for an answer. */
  get pending(): number {
    return this.#pending;
  }

  /** For libraries that bring commands of their own; what they throw is for `run` to tell. */
  get client(): Redis {
    return this.#redis;
  }

  /** Asks Redis. Fails with `unavailable` while it is away, overloaded, or too many already wait for it. */
  async run<Result>(work: (redis: Redis) => Promise<Result>): Promise<Result> {
    if (this.#closed) throw away('The connection to Redis is closed.');
    if (!this.connected) throw away('Redis is away.');
    if (this.#pending >= this.#maxPending) throw away('Redis is behind.');
    this.#pending++;
    try {
      return await work(this.#redis);
    } catch (error) {
      throw asCdpError(error);
    } finally {
      this.#pending--;
    }
  }

  /** Calls back each time that Redis has come back, and at once when it is there. Answers how to end that. */
  whenUp(listener: () => void): () => void {
    this.#onUp.add(listener);
    if (this.connected) listener();
    return () => this.#onUp.delete(listener);
  }

  /** Resolves when Redis can be asked, or with false when it could not be for so long. */
  async waitUntilUp(timeoutMs: number): Promise<boolean> {
    const up = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => up.resolve(false), timeoutMs);
    const end = this.whenUp(() => up.resolve(true));
    try {
      return await up.promise;
    } finally {
      clearTimeout(timer);
      end();
    }
  }

  /** A connection of its own to the same server, for those that block it; whoever asks for it ends it. */
  another(change: ClientOptions): Redis {
    return new Redis({ ...clientOptions(this.#options), ...change });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // Answers that are on their way have had their time when the callers closed.
    this.#redis.disconnect();
  }

  #up(): void {
    this.#isUp = true;
    this.logger.info('Redis is there.');
    for (const listener of this.#onUp) listener();
  }

  /** Said once an outage. */
  #down(reason = 'the connection was closed'): void {
    if (this.#closed || !this.#isUp) return;
    this.#isUp = false;
    this.logger.warn('Redis is away.', { reason });
  }
}
