import { hash } from 'node:crypto';
import { type DedupeEntry, Deduper, type FirstSeen } from '@cdp/core/inbound';
import { CdpError } from '@cdp/core/kernel';
import { Turn } from '../turn.js';
import { DedupeGenerations } from './dedupe-generations.js';

export interface LevelDeduperOptions {
  /** Folder that is its own. */
  path: string;
  /** How long a message id is remembered at least, in milliseconds. Default 24 hours. */
  windowMs?: number;
  /** Generations a window is cut into: more of them forget sooner, each is one more place to look. Default 2. */
  generationsPerWindow?: number;
}

interface Claim {
  first: FirstSeen;
  written: Promise<void>;
}

/** What a call found, and what it is to remember. */
interface Decision {
  answers: FirstSeen[];
  written: Promise<unknown>;
}

interface Fresh {
  key: Buffer;
  first: FirstSeen;
}

const KEY_BYTES = 16;

/**
 * Message ids as 16 bytes of SHA-256 over tenant and id, in LevelDB. Their order is random, and a log-structured store
 * writes such keys at a quarter of what a B-tree needs, for which each is a page of its own. One database a generation of
 * time, so that forgetting is dropping a database instead of deleting its keys one by one.
 */
export class LevelDeduper extends Deduper {
  readonly #generations: DedupeGenerations;
  /** Claims on their way to the disk: reads of the store do not see them yet. */
  readonly #inFlight = new Map<string, Claim>();
  /** Two calls must not both look for a message before one of them has claimed it. */
  readonly #turn = new Turn();
  readonly #busy = new Set<Promise<unknown>>();
  #closed = false;

  private constructor(generations: DedupeGenerations) {
    super();
    this.#generations = generations;
  }

  static async open({ path, windowMs, generationsPerWindow }: LevelDeduperOptions): Promise<LevelDeduper> {
    return new LevelDeduper(await DedupeGenerations.open(path, windowMs ?? 86_400_000, generationsPerWindow ?? 2));
  }

  /** Epoch milliseconds at which each span begins that is remembered, the newest first. */
  get generations(): number[] {
    return this.#generations.starts;
  }

  override claim(entries: readonly DedupeEntry[]): Promise<FirstSeen[]> {
    return this.#whileOpen(async () => {
      const { answers, written } = await this.#turn.hold(() => this.#decide(entries));
      await written;
      return answers;
    });
  }

  override find(tenantId: string, messageId: string): Promise<FirstSeen | undefined> {
    return this.#whileOpen(async () => {
      const name = nameOf(tenantId, messageId);
      return this.#inFlight.get(name)?.first ?? this.#generations.findAnywhere(keyOf(name));
    });
  }

  override async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#busy);
    await this.#generations.close();
  }

  async #decide(entries: readonly DedupeEntry[]): Promise<Decision> {
    const names = entries.map(({ tenantId, messageId }) => nameOf(tenantId, messageId));
    const known = await this.#look(entries, names);
    const answers: FirstSeen[] = [];
    const waits = new Set<Promise<void>>();
    const fresh = new Map<string, Fresh>();
    entries.forEach((entry, index) => {
      const name = names[index] as string;
      const claim = this.#inFlight.get(name);
      // Whoever is told of a first place must not outlive it: wait until it is on the disk.
      if (claim) waits.add(claim.written);
      const { key, stored } = known.get(name) ?? { key: keyOf(name), stored: undefined };
      let first = within(entry, fresh.get(name)?.first ?? claim?.first) ?? within(entry, stored);
      if (!first) {
        first = { partition: entry.partition, offset: entry.offset, receivedAt: entry.receivedAt };
        fresh.set(name, { key, first });
      }
      answers.push(first);
    });
    return { answers, written: Promise.all([...waits, this.#write(fresh), this.#generations.advance(entries)]) };
  }

  /** What the store has, each name looked for once. */
  async #look(
    entries: readonly DedupeEntry[],
    names: readonly string[],
  ): Promise<Map<string, { key: Buffer; stored: FirstSeen | undefined }>> {
    const wanted = new Map<string, { key: Buffer; receivedAt: number }>();
    names.forEach((name, index) => {
      if (wanted.has(name)) return;
      wanted.set(name, { key: keyOf(name), receivedAt: (entries[index] as DedupeEntry).receivedAt });
    });
    const asked = [...wanted];
    const stored = await this.#generations.find(asked.map(([, one]) => one));
    return new Map(asked.map(([name, { key }], index) => [name, { key, stored: stored[index] }]));
  }

  async #write(fresh: ReadonlyMap<string, Fresh>): Promise<void> {
    if (fresh.size === 0) return;
    const written = this.#generations.put([...fresh.values()]);
    // Each waiter sees the failure through its own await.
    written.catch(() => {});
    for (const [name, { first }] of fresh) this.#inFlight.set(name, { first, written });
    try {
      await written;
    } finally {
      for (const [name, { first }] of fresh) if (this.#inFlight.get(name)?.first === first) this.#inFlight.delete(name);
    }
  }

  async #whileOpen<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closed) throw new CdpError('unavailable', 'The deduper is closed.', { retryAfter: 5 });
    const busy = work();
    this.#busy.add(busy);
    try {
      return await busy;
    } finally {
      this.#busy.delete(busy);
    }
  }
}

/** What was seen first, as far as it counts for the entry. */
const within = ({ receivedAt, withinMs }: DedupeEntry, first: FirstSeen | undefined): FirstSeen | undefined =>
  first && withinMs !== undefined && receivedAt - first.receivedAt > withinMs ? undefined : first;

/** The length in front keeps ('a', 'b:c') and ('a:b', 'c') apart whatever the ids are made of. */
const nameOf = (tenantId: string, messageId: string): string => `${tenantId.length}:${tenantId}${messageId}`;

const keyOf = (name: string): Buffer => hash('sha256', Buffer.from(name, 'utf16le'), 'buffer').subarray(0, KEY_BYTES);
