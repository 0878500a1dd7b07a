export { type DuckdbStoreOptions, type DuckdbStores, openDuckdb } from './duckdb/open-duckdb.js';
export { LmdbEventLog, type LmdbEventLogOptions } from './lmdb-event-log.js';
export { LruValueCache } from './lru-value-cache.js';
export { MemoryWorkQueue } from './memory-work-queue.js';
