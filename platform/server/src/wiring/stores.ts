import { statfs } from 'node:fs/promises';
import type { Deduper } from '@cdp/core/inbound';
import type { FileStore, NonceStore, RateLimiter } from '@cdp/core/ingest';
import type { EventLog } from '@cdp/core/log';
import type { EventStore, ProfileStore } from '@cdp/core/profile';
import type { Audience, DueIndex, FollowedWritersParts } from '@cdp/core/segment';
import type { Cache, WorkQueue } from '@cdp/core/work';
import type { Check } from '../operations/index.js';
import type { DataFolder } from './data-folder.js';
import type { relationalStores } from './relational-stores.js';

/** Everything that remembers or queues, whatever it stands on. */
export interface Stores extends ReturnType<typeof relationalStores> {
  /** No other process works on them, now or while this one runs. */
  alone: boolean;
  folder: DataFolder;
  log: EventLog;
  events: EventStore;
  audience: Audience;
  /** Of a home where any number of processes write profiles: those written at or beyond the positions of their partitions. */
  writtenBeyond?: FollowedWritersParts['writtenBeyond'];
  files: FileStore;
  profiles: ProfileStore;
  deduper: Deduper;
  dueIndex: DueIndex;
  nonces: NonceStore;
  limiter: RateLimiter;
  queue: WorkQueue;
  /** What processes tell each other and may forget; none where there is one alone. */
  cache?: Cache;
  /** What `/readyz` asks of these engines beside the log and the database. */
  checks: readonly Check[];
  close(): Promise<void>;
}

/** Below this there is no room for a burst; writes would soon fail. */
const MIN_FREE_BYTES = 256 * 1024 * 1024;

export const freeDisk = (folder: DataFolder): Check => ({
  name: 'disk',
  check: async () => {
    const { bavail, bsize } = await statfs(folder.path('.'));
    const freeBytes = bavail * bsize;
    if (freeBytes < MIN_FREE_BYTES) throw new Error(`only ${freeBytes} bytes are free`);
    return { freeBytes };
  },
});

/** That a store answers a real question. */
export const answering = (name: string, ask: () => Promise<unknown>): Check => ({
  name,
  check: async () => {
    await ask();
    return {};
  },
});
