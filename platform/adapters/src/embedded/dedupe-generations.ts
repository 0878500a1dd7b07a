import type { DedupeEntry, FirstSeen } from '@cdp/core/inbound';
import type { Bytes, LmdbState } from './lmdb-state.js';

const PREFIX = 'dedupe-';
/** How many windows a partition that lags may hold the others' generations back. */
const MAX_WINDOWS_HELD = 7;

/**
 * One database for each span of acceptance time. A generation goes when all of it is older than the window by the time
 * of every partition: a partition that lags behind must still find what it saw first. One that stands still holds the
 * others back by `MAX_WINDOWS_HELD` windows at the most.
 */
export class DedupeGenerations {
  readonly #state: LmdbState;
  readonly #windowMs: number;
  readonly #spanMs: number;
  readonly #databases = new Map<number, Bytes>();
  /** A later first occurrence stands in for an earlier one, so the search begins with the newest. */
  #newestFirst: [number, Bytes][] = [];
  readonly #watermarks: Bytes;
  /** Where each partition is: the greatest `receivedAt` of its latest batch. */
  readonly #latest = new Map<number, number>();

  constructor(state: LmdbState, windowMs: number, perWindow: number) {
    this.#state = state;
    this.#windowMs = windowMs;
    this.#spanMs = windowMs / perWindow;
    this.#watermarks = state.database('dedupe_watermarks');
    for (const { key, value } of this.#watermarks.getRange({}))
      this.#latest.set(key.readUInt16BE(0), value.readDoubleBE(0));
    for (const name of state.databaseNames(PREFIX)) {
      const start = Number(name.slice(PREFIX.length));
      this.#databases.set(start, state.database(name));
    }
    this.#sort();
  }

  /** The database for what was accepted at the instant. */
  of(receivedAt: number): Bytes {
    const start = Math.floor(receivedAt / this.#spanMs) * this.#spanMs;
    let database = this.#databases.get(start);
    if (!database) {
      database = this.#state.database(`${PREFIX}${start}`);
      this.#databases.set(start, database);
      this.#sort();
    }
    return database;
  }

  /** Looks where a first occurrence within the window of `receivedAt`, to either side, would be. */
  find(key: Buffer, receivedAt: number, read: (value: Buffer) => FirstSeen): FirstSeen | undefined {
    for (const [start, database] of this.#newestFirst) {
      if (start + this.#spanMs <= receivedAt - this.#windowMs || start > receivedAt + this.#windowMs) continue;
      const value = database.getBinaryFast(key) as Buffer | undefined;
      if (value) return read(value);
    }
    return undefined;
  }

  findAnywhere(key: Buffer, read: (value: Buffer) => FirstSeen): FirstSeen | undefined {
    for (const [, database] of this.#newestFirst) {
      const value = database.getBinaryFast(key) as Buffer | undefined;
      if (value) return read(value);
    }
    return undefined;
  }

  /** Moves the partitions' time on and drops the generations that are over. */
  async advance(entries: readonly DedupeEntry[]): Promise<void> {
    // The time of the latest batch, not the greatest ever: a partition that is read again from the start goes back.
    const newest = new Map<number, number>();
    for (const { partition, receivedAt } of entries)
      newest.set(partition, Math.max(receivedAt, newest.get(partition) ?? receivedAt));
    for (const [partition, time] of newest) this.#latest.set(partition, time);
    if (this.#latest.size === 0) return;
    const times = [...this.#latest.values()];
    const horizon =
      Math.max(Math.min(...times), Math.max(...times) - MAX_WINDOWS_HELD * this.#windowMs) - this.#windowMs;
    const over = [...this.#databases].filter(([start]) => start + this.#spanMs <= horizon);
    for (const [start] of over) this.#databases.delete(start);
    if (over.length > 0) this.#sort();
    await Promise.all(over.map(([, database]) => database.drop()));
  }

  /** To be called within a write. */
  putWatermarks(): void {
    for (const [partition, time] of this.#latest) {
      const key = Buffer.allocUnsafe(2);
      key.writeUInt16BE(partition, 0);
      const value = Buffer.allocUnsafe(8);
      value.writeDoubleBE(time, 0);
      void this.#watermarks.put(key, value);
    }
  }

  #sort(): void {
    this.#newestFirst = [...this.#databases].sort(([a], [b]) => b - a);
  }
}
