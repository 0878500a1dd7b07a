import type { Migration } from './migration.js';

/** In the order in which they run. */
export const migrations: readonly Migration[] = [];
