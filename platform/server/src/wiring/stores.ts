import {
  DiskFileStore,
  LevelDeduper,
  LmdbDueIndex,
  LmdbEventLog,
  LmdbNonceStore,
  LmdbProfileStore,
  LmdbState,
  LruValueCache,
  MemoryRateLimiter,
  MemoryWorkQueue,
  openDuckdb,
} from '@cdp/adapters/embedded';
import {
  migrate,
  openSqlite,
  SqlAggregateStore,
  SqlErasureLedger,
  SqlIdentityStore,
  SqlImportStore,
  SqlRejectedEventStore,
  SqlSegmentStore,
} from '@cdp/adapters/sql';
import type { Clock, Logger } from '@cdp/core/kernel';
import type { Config } from '../config/index.js';
import { type DataFolder, openDataFolder } from './data-folder.js';
import { OpenThings } from './open-things.js';

/** The embedded engines: everything that remembers or queues, in one folder. */
export type Stores = Awaited<ReturnType<typeof openStores>>;

export async function openStores(config: Config, clock: Clock, logger: Logger) {
  const open = new OpenThings(logger);
  try {
    const folder: DataFolder = openDataFolder(config.data);
    open.add('data folder', async () => folder.release());
    const db = openSqlite({ file: folder.path('cdp.db') });
    open.add('sql', () => db.close());
    await migrate(db);
    const state = new LmdbState({ path: folder.path('state') });
    open.add('state', () => state.close());
    const log = new LmdbEventLog({
      path: folder.path('log'),
      clock,
      logger,
      maxPendingBytes: config.ingest.maxPendingBytes,
      retentionMs: config.retention.logMs,
    });
    open.add('log', () => log.close());
    const duckdb = await openDuckdb({ path: folder.path('analytics.duckdb') });
    open.add('analytics', () => duckdb.close());
    const deduper = await LevelDeduper.open({ path: folder.path('dedupe'), windowMs: config.ingest.dedupeWindowMs });
    open.add('deduper', () => deduper.close());
    return {
      folder,
      db,
      log,
      duckdb,
      files: new DiskFileStore(folder.path('files')),
      identities: new SqlIdentityStore(db),
      erasures: new SqlErasureLedger(db, clock),
      segments: new SqlSegmentStore(db),
      aggregates: new SqlAggregateStore(db),
      imports: new SqlImportStore(db),
      rejected: new SqlRejectedEventStore(db),
      profiles: open.port('profiles', new LmdbProfileStore(state)),
      deduper,
      dueIndex: open.port('due index', new LmdbDueIndex(state)),
      nonces: open.port('nonces', new LmdbNonceStore(state, clock)),
      limiter: open.port('rate limiter', new MemoryRateLimiter({ state, clock })),
      cache: open.port('cache', new LruValueCache(clock)),
      queue: open.port('queue', new MemoryWorkQueue(clock, logger)),
      close: () => open.close(),
    };
  } catch (error) {
    await open.close();
    throw error;
  }
}
