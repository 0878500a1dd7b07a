import { hash } from 'node:crypto';
import { type DedupeEntry, Deduper, type FirstSeen } from '@cdp/core/inbound';
import {
  type ClaimPart,
  claimPart,
  findPlace,
  type Generation,
  ID_BYTES,
  PLACE_BYTES,
  replacePlace,
} from './dedupe-script.js';
import type { RedisConnection } from './redis-connection.js';
import { away } from './redis-error.js';

export interface RedisDeduperOptions {
  /** How long a message id is remembered at least, in milliseconds. Default 24 hours. */
  windowMs?: number;
  /** Generations a window is cut into: more of them forget sooner, each is one more place to look. Default 2. */
  generationsPerWindow?: number;
  /** Ids of a window, for the first generation; each further one goes by the one before. Default 1,000,000. */
  expectedPerWindow?: number;
  /** Buckets, of some fifty ids, of a generation that is over that are removed with each claim. Default 500. */
  bucketsRemovedAtOnce?: number;
}

/** Entries of one step of Redis, in which it does nothing else. */
const AT_ONCE = 2_000;
/** As in the embedded deduper. */
const WINDOWS_HELD = 7;

interface Claim {
  entry: DedupeEntry;
  start: number;
  id: Buffer;
  place: Buffer;
}

/**
 * Message ids as 16 bytes of SHA-256 over tenant and id, in generations of acceptance time that go as a whole, when all of one is
 * older than the window by the time of every partition: however far reading the log is behind, a duplicate finds its first occurrence.
 *
 * While Redis is away `claim` fails with `unavailable`: whoever reads the log waits, and nothing is lost or counted twice.
 */
export class RedisDeduper extends Deduper {
  readonly #redis: RedisConnection;
  readonly #base: string;
  readonly #windowMs: number;
  readonly #spanMs: number;
  readonly #expected: number;
  readonly #bucketsRemovedAtOnce: number;
  #closed = false;

  constructor(redis: RedisConnection, options: RedisDeduperOptions = {}) {
    super();
    const { windowMs = 86_400_000, generationsPerWindow = 2, expectedPerWindow = 1_000_000 } = options;
    this.#redis = redis;
    this.#base = `${redis.prefix}m`;
    this.#windowMs = windowMs;
    this.#spanMs = Math.ceil(windowMs / generationsPerWindow);
    this.#expected = expectedPerWindow / generationsPerWindow;
    this.#bucketsRemovedAtOnce = options.bucketsRemovedAtOnce ?? 500;
  }

  override async claim(entries: readonly DedupeEntry[]): Promise<FirstSeen[]> {
    this.#assertOpen();
    const claims = entries.map((entry) => this.#claimOf(entry));
    const known = await this.#redis.run(async (redis) => {
      // Sent one behind the other: of two entries of a call with the same id the first wins.
      const answers = partsOf(claims).map((part) => claimPart(redis, this.#base, this.#partOf(part)));
      return (await Promise.all(answers)).flat();
    });
    const answers: FirstSeen[] = [];
    for (const [index, claim] of claims.entries()) answers.push(await this.#settle(claim, known[index]));
    return answers;
  }

  override async find(tenantId: string, messageId: string): Promise<FirstSeen | undefined> {
    this.#assertOpen();
    const known = await this.#redis.run((redis) => findPlace(redis, this.#base, idOf(tenantId, messageId)));
    return known ? decode(known) : undefined;
  }

  override async close(): Promise<void> {
    this.#closed = true;
  }

  /** What was seen first counts for as long as the entry says; after that the entry is the first. */
  async #settle({ entry, id, start, place }: Claim, known: Buffer | undefined): Promise<FirstSeen> {
    let first = known ?? place;
    while (!counts(entry, decode(first))) {
      const places = [first, place] as const;
      first = await this.#redis.run((redis) => replacePlace(redis, this.#base, id, places, this.#generation(start)));
    }
    return decode(first);
  }

  #claimOf(entry: DedupeEntry): Claim {
    const start = Math.floor(entry.receivedAt / this.#spanMs) * this.#spanMs;
    return { entry, start, id: idOf(entry.tenantId, entry.messageId), place: encode(entry) };
  }

  #partOf(claims: readonly Claim[]): ClaimPart {
    const times = new Map<number, number>();
    for (const { entry } of claims)
      times.set(entry.partition, Math.max(entry.receivedAt, times.get(entry.partition) ?? 0));
    return {
      generation: this.#generation((claims[0] as Claim).start),
      windowMs: this.#windowMs,
      windowsHeld: WINDOWS_HELD,
      bucketsRemovedAtOnce: this.#bucketsRemovedAtOnce,
      ids: claims.map(({ id }) => id),
      places: claims.map(({ place }) => place),
      times,
    };
  }

  #generation(start: number): Generation {
    return { start, spanMs: this.#spanMs, expected: this.#expected };
  }

  #assertOpen(): void {
    if (this.#closed) throw away('The deduper is closed.');
  }
}

/** Pieces of which each belongs to one generation. */
function partsOf(claims: readonly Claim[]): Claim[][] {
  const parts: Claim[][] = [];
  for (const claim of claims) {
    const part = parts.at(-1);
    if (part && part.length < AT_ONCE && part[0]?.start === claim.start) part.push(claim);
    else parts.push([claim]);
  }
  return parts;
}

/** Whether what was seen first is near enough to the entry to make it a duplicate, or is the entry. */
const counts = ({ receivedAt, withinMs }: DedupeEntry, first: FirstSeen): boolean =>
  withinMs === undefined || receivedAt - first.receivedAt <= withinMs;

/** The length in front keeps ('a', 'b:c') and ('a:b', 'c') apart whatever the ids are made of. */
const idOf = (tenantId: string, messageId: string): Buffer =>
  hash('sha256', Buffer.from(`${tenantId.length}:${tenantId}${messageId}`, 'utf16le'), 'buffer').subarray(0, ID_BYTES);

function encode({ partition, offset, receivedAt }: FirstSeen): Buffer {
  const place = Buffer.allocUnsafe(PLACE_BYTES);
  place.writeUInt16BE(partition, 0);
  place.writeUIntBE(offset, 2, 6);
  place.writeUIntBE(receivedAt, 8, 6);
  return place;
}

const decode = (place: Buffer): FirstSeen => ({
  partition: place.readUInt16BE(0),
  offset: place.readUIntBE(2, 6),
  receivedAt: place.readUIntBE(8, 6),
});
