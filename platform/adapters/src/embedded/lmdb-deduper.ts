import { hash } from 'node:crypto';
import { type DedupeEntry, Deduper, type FirstSeen } from '@cdp/core/inbound';
import { CdpError } from '@cdp/core/kernel';
import { DedupeGenerations } from './dedupe-generations.js';
import type { LmdbState } from './lmdb-state.js';

export interface LmdbDeduperOptions {
  /** How long a message id is remembered at least, in milliseconds. Default 24 hours. */
  windowMs?: number;
  /** Generations a window is cut into: more of them forget sooner, each is one more place to look. Default 2. */
  generationsPerWindow?: number;
}

interface Claim {
  first: FirstSeen;
  written: Promise<void>;
}

const KEY_BYTES = 16;
const VALUE_BYTES = 18;

/**
 * Message ids as 16 bytes of SHA-256 over tenant and id, in one database a generation of time, so that forgetting is
 * dropping a database instead of deleting its keys one by one.
 */
export class LmdbDeduper extends Deduper {
  readonly #state: LmdbState;
  readonly #generations: DedupeGenerations;
  /** Claims on their way to the disk: reads of the environment do not see them yet. */
  readonly #inFlight = new Map<string, Claim>();
  #closed = false;

  constructor(state: LmdbState, options: LmdbDeduperOptions = {}) {
    super();
    this.#state = state;
    this.#generations = new DedupeGenerations(state, options.windowMs ?? 86_400_000, options.generationsPerWindow ?? 2);
  }

  override async claim(entries: readonly DedupeEntry[]): Promise<FirstSeen[]> {
    this.#assertOpen();
    const answers: FirstSeen[] = [];
    const waits = new Set<Promise<void>>();
    const fresh = new Map<string, { key: Buffer; first: FirstSeen }>();
    for (const entry of entries) {
      const name = nameOf(entry.tenantId, entry.messageId);
      const claim = this.#inFlight.get(name);
      // Whoever is told of a first place must not outlive it: wait until it is on the disk.
      if (claim) waits.add(claim.written);
      let first = within(entry, fresh.get(name)?.first ?? claim?.first);
      if (!first) {
        const key = keyOf(name);
        first = within(entry, this.#generations.find(key, entry.receivedAt, readFirst));
        if (!first) {
          first = { partition: entry.partition, offset: entry.offset, receivedAt: entry.receivedAt };
          fresh.set(name, { key, first });
        }
      }
      answers.push(first);
    }
    await Promise.all([...waits, this.#write(fresh, entries)]);
    return answers;
  }

  override async find(tenantId: string, messageId: string): Promise<FirstSeen | undefined> {
    this.#assertOpen();
    const name = nameOf(tenantId, messageId);
    return this.#inFlight.get(name)?.first ?? this.#generations.findAnywhere(keyOf(name), readFirst);
  }

  override async close(): Promise<void> {
    this.#closed = true;
    await this.#state.settled();
  }

  async #write(fresh: Map<string, { key: Buffer; first: FirstSeen }>, entries: readonly DedupeEntry[]): Promise<void> {
    const dropped = this.#generations.advance(entries);
    if (fresh.size > 0) {
      const writes = [...fresh.values()].map(({ key, first }) => ({
        database: this.#generations.of(first.receivedAt),
        key,
        value: writeFirst(first),
      }));
      const written = this.#state.write(() => {
        for (const { database, key, value } of writes) void database.put(key, value);
        this.#generations.putWatermarks();
      });
      // Each waiter sees the failure through its own await.
      written.catch(() => {});
      for (const [name, { first }] of fresh) this.#inFlight.set(name, { first, written });
      try {
        await written;
      } finally {
        for (const name of fresh.keys()) this.#inFlight.delete(name);
      }
    }
    await dropped;
  }

  #assertOpen(): void {
    if (this.#closed) throw new CdpError('unavailable', 'The deduper is closed.', { retryAfter: 5 });
    this.#state.assertOpen();
  }
}

/** What was seen first, as far as it counts for the entry. */
const within = ({ receivedAt, withinMs }: DedupeEntry, first: FirstSeen | undefined): FirstSeen | undefined =>
  first && withinMs !== undefined && receivedAt - first.receivedAt > withinMs ? undefined : first;

/** The length in front keeps ('a', 'b:c') and ('a:b', 'c') apart whatever the ids are made of. */
const nameOf = (tenantId: string, messageId: string): string => `${tenantId.length}:${tenantId}${messageId}`;

const keyOf = (name: string): Buffer => hash('sha256', Buffer.from(name, 'utf16le'), 'buffer').subarray(0, KEY_BYTES);

function writeFirst({ partition, offset, receivedAt }: FirstSeen): Buffer {
  const value = Buffer.allocUnsafe(VALUE_BYTES);
  value.writeUInt16LE(partition, 0);
  value.writeDoubleLE(offset, 2);
  value.writeDoubleLE(receivedAt, 10);
  return value;
}

const readFirst = (value: Buffer): FirstSeen => ({
  partition: value.readUInt16LE(0),
  offset: value.readDoubleLE(2),
  receivedAt: value.readDoubleLE(10),
});
