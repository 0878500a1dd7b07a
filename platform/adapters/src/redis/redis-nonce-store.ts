import { hash } from 'node:crypto';
import { NonceStore } from '@cdp/core/ingest';
import type { RedisConnection } from './redis-connection.js';
import { away } from './redis-error.js';

const DIGEST_BYTES = 20;

/** Digests of nonces that Redis forgets by itself. While it is away no signed request can be trusted, and `use` fails. */
export class RedisNonceStore extends NonceStore {
  readonly #redis: RedisConnection;
  readonly #prefix: Buffer;
  #closed = false;

  constructor(redis: RedisConnection) {
    super();
    this.#redis = redis;
    this.#prefix = Buffer.from(`${redis.prefix}n`);
  }

  override async use(appId: string, nonce: string, windowMs: number): Promise<boolean> {
    if (this.#closed) throw away('The memory of nonces is closed.');
    // JSON keeps the parts apart whatever they are made of.
    const digest = hash('sha256', JSON.stringify([appId, nonce]), 'buffer').subarray(0, DIGEST_BYTES);
    const key = Buffer.concat([this.#prefix, digest]);
    return (await this.#redis.run((redis) => redis.set(key, '', 'PX', Math.ceil(windowMs) + 1, 'NX'))) === 'OK';
  }

  override async close(): Promise<void> {
    this.#closed = true;
  }
}
