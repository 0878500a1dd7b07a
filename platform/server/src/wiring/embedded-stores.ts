import {
  DiskFileStore,
  LevelDeduper,
  LmdbDueIndex,
  LmdbEventLog,
  LmdbNonceStore,
  LmdbProfileStore,
  LmdbState,
  MemoryRateLimiter,
  MemoryWorkQueue,
  openDuckdb,
} from '@cdp/adapters/embedded';
import { migrate, openSqlite } from '@cdp/adapters/sql';
import type { Clock, Logger } from '@cdp/core/kernel';
import type { Config } from '../config/index.js';
import { openDataFolder } from './data-folder.js';
import { OpenThings } from './open-things.js';
import { relationalStores } from './relational-stores.js';
import { answering, freeDisk, type Stores } from './stores.js';

/** The embedded engines: everything that remembers or queues, in one folder that lets in one process alone. */
export async function openEmbeddedStores(config: Config, clock: Clock, logger: Logger): Promise<Stores> {
  const open = new OpenThings(logger);
  try {
    const folder = openDataFolder(config.data);
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
    const { events, audience, close } = await openDuckdb({ path: folder.path('analytics.duckdb') });
    open.add('analytics', close);
    const deduper = await LevelDeduper.open({ path: folder.path('dedupe'), windowMs: config.ingest.dedupeWindowMs });
    open.add('deduper', () => deduper.close());
    const profiles = open.port('profiles', new LmdbProfileStore(state));
    return {
      alone: true,
      folder,
      ...relationalStores(db, clock),
      log,
      events,
      audience,
      files: new DiskFileStore(folder.path('files')),
      profiles,
      deduper,
      dueIndex: open.port('due index', new LmdbDueIndex(state)),
      nonces: open.port('nonces', new LmdbNonceStore(state, clock)),
      limiter: open.port('rate limiter', new MemoryRateLimiter({ state, clock })),
      queue: open.port('queue', new MemoryWorkQueue(clock, logger)),
      checks: [
        freeDisk(folder),
        answering('profiles', () => profiles.get('none', 'none')),
        answering('analytics', () => events.countByName('none', 1)),
      ],
      close: () => open.close(),
    };
  } catch (error) {
    await open.close();
    throw error;
  }
}
