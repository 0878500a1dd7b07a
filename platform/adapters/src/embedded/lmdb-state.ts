import { CdpError } from '@cdp/core/kernel';
import type { Database, RootDatabase } from 'lmdb';
import { openLmdb } from './open-lmdb.js';
import { TenantNumbers } from './tenant-numbers.js';

/** A database of raw keys and raw values: every store lays out its own bytes. */
export type Bytes = Database<Buffer, Buffer>;

const REMOVE_AT_ONCE = 5_000;

/**
 * The LMDB environment of everything that is state rather than log: documents, due instants, quotas. It stands apart
 * from the log's, so that an append never waits behind a big random write.
 */
export class LmdbState {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly tenants: TenantNumbers;
  #writing = 0;
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(options: { path: string }) {
    this.#root = openLmdb({ path: options.path, maxDbs: 128, keyEncoding: 'binary', encoding: 'binary' });
    this.tenants = new TenantNumbers(this.#root);
  }

  database(name: string): Bytes {
    this.assertOpen();
    return this.#root.openDB({ name, keyEncoding: 'binary', encoding: 'binary' });
  }

  /**
   * Does the writes of `work` in one transaction and resolves when they are on the disk. `work` runs at once and must
   * not throw half-way: encode before calling.
   */
  async write(work: () => void): Promise<void> {
    this.assertOpen();
    this.#writing++;
    try {
      const committed = this.#root.batch(work);
      // Asked for in the same turn: later, the getter stands for the flush of another transaction.
      await Promise.all([committed, this.#root.flushed]);
    } catch (cause) {
      throw new CdpError('unavailable', 'The state could not be written.', { retryAfter: 5, cause });
    } finally {
      if (--this.#writing === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  /** Removes all keys of `[start, end)`, some thousands at a time so that others get their turn. */
  async removeRange(database: Bytes, start: Buffer, end: Buffer): Promise<void> {
    for (;;) {
      this.assertOpen();
      const keys = [...database.getKeys({ start, end, limit: REMOVE_AT_ONCE })];
      if (keys.length === 0) return;
      await this.write(() => {
        for (const key of keys) void database.remove(key);
      });
    }
  }

  /** Resolves when no write is under way. */
  async settled(): Promise<void> {
    if (this.#writing > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  assertOpen(): void {
    if (this.#closed) throw new CdpError('unavailable', 'The store is closed.', { retryAfter: 5 });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.settled();
    this.#closed = true;
    await this.#root.close();
  }
}
