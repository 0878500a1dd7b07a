export { type DuckdbStoreOptions, type DuckdbStores, openDuckdb } from './duckdb/open-duckdb.js';
export { LmdbDeduper, type LmdbDeduperOptions } from './lmdb-deduper.js';
export { LmdbDueIndex } from './lmdb-due-index.js';
export { LmdbEventLog, type LmdbEventLogOptions } from './lmdb-event-log.js';
export { LmdbProfileStore } from './lmdb-profile-store.js';
export { LmdbState } from './lmdb-state.js';
export { LruValueCache } from './lru-value-cache.js';
export { MemoryRateLimiter } from './memory-rate-limiter.js';
export { MemoryWorkQueue } from './memory-work-queue.js';
