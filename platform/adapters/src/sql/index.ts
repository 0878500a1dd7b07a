export { marks, SqlDatabase } from './database.js';
export { DuplicateKeyError } from './duplicate-key-error.js';
export { migrate } from './migrate.js';
export { openSqlite } from './open-sqlite.js';
export { SqlConsentStore } from './sql-consent-store.js';
export type { OnDuplicate, SqlDialect, SqlRow, SqlValue } from './sql-dialect.js';
export { SqlIdentityStore } from './sql-identity-store.js';
export { SqlSuppressionStore } from './sql-suppression-store.js';
export type { SqliteOptions } from './sqlite-dialect.js';
