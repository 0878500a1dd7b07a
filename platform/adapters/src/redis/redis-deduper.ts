import { hash } from 'node:crypto';
import { type DedupeEntry, Deduper, type FirstSeen } from '@cdp/core/inbound';
import type { RedisConnection } from './redis-connection.js';
import { away } from './redis-error.js';
import { RedisScript } from './redis-script.js';

export interface RedisDeduperOptions {
  /** How long a message id is remembered at least, in milliseconds. Default 24 hours. */
  windowMs?: number;
  /** How far, in milliseconds, reading the log may be behind without a duplicate getting through. Default: the window. */
  lagMs?: number;
}

const KEY_BYTES = 16;
const PLACE_BYTES = 16;

/** Puts a later occurrence in the place of one that counts for none, unless another was quicker; answers who is there. */
const REPLACE = new RedisScript(`
local known = redis.call('GET', KEYS[1])
if known and known ~= ARGV[1] then return known end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return ARGV[2]
`);

export class RedisDeduper extends Deduper {
  readonly #redis: RedisConnection;
  readonly #keptMs: number;
  readonly #prefix: Buffer;
  #closed = false;

  constructor(redis: RedisConnection, { windowMs = 86_400_000, lagMs = windowMs }: RedisDeduperOptions = {}) {
    super();
    this.#redis = redis;
    this.#keptMs = windowMs + lagMs;
    this.#prefix = Buffer.from(`${redis.prefix}m`);
  }

  override async claim(entries: readonly DedupeEntry[]): Promise<FirstSeen[]> {
    this.#assertOpen();
    if (entries.length === 0) return [];
    const claims = entries.map((entry) => ({
      entry,
      key: this.#keyOf(entry.tenantId, entry.messageId),
      own: encode(entry),
    }));
    const known = await this.#redis.run(async (redis) => {
      const pipeline = redis.pipeline();
      for (const { key, own } of claims) pipeline.callBuffer('SET', key, own, 'PX', this.#keptMs, 'NX', 'GET');
      return answersOf(await pipeline.exec());
    });
    const answers: FirstSeen[] = [];
    for (const [index, { entry, key, own }] of claims.entries()) {
      let first = known[index] ?? own;
      while (!counts(entry, decode(first))) {
        const args = [first, own, this.#keptMs];
        first = (await this.#redis.run((redis) => REPLACE.run(redis, [key], args))) as Buffer;
      }
      answers.push(decode(first));
    }
    return answers;
  }

  override async find(tenantId: string, messageId: string): Promise<FirstSeen | undefined> {
    this.#assertOpen();
    const known = await this.#redis.run((redis) => redis.getBuffer(this.#keyOf(tenantId, messageId)));
    return known ? decode(known) : undefined;
  }

  override async close(): Promise<void> {
    this.#closed = true;
  }

  #keyOf(tenantId: string, messageId: string): Buffer {
    // The length in front keeps ('a', 'b:c') and ('a:b', 'c') apart whatever the ids are made of.
    const name = Buffer.from(`${tenantId.length}:${tenantId}${messageId}`, 'utf16le');
    return Buffer.concat([this.#prefix, hash('sha256', name, 'buffer').subarray(0, KEY_BYTES)]);
  }

  #assertOpen(): void {
    if (this.#closed) throw away('The deduper is closed.');
  }
}

/** Whether what was seen first is near enough to the entry to make it a duplicate, or is the entry. */
const counts = ({ receivedAt, withinMs }: DedupeEntry, first: FirstSeen): boolean =>
  withinMs === undefined || receivedAt - first.receivedAt <= withinMs;

function answersOf(replies: [error: Error | null, result: unknown][] | null): (Buffer | null)[] {
  return (replies ?? []).map(([error, result]) => {
    if (error) throw error;
    return result as Buffer | null;
  });
}

function encode({ partition, offset, receivedAt }: FirstSeen): Buffer {
  const place = Buffer.allocUnsafe(PLACE_BYTES);
  place.writeUInt32BE(partition, 0);
  place.writeUIntBE(offset, 4, 6);
  place.writeUIntBE(receivedAt, 10, 6);
  return place;
}

const decode = (place: Buffer): FirstSeen => ({
  partition: place.readUInt32BE(0),
  offset: place.readUIntBE(4, 6),
  receivedAt: place.readUIntBE(10, 6),
});
