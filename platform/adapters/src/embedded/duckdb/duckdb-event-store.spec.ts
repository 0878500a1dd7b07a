import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeEventStoreContract } from '@cdp/core/profile/contract';
import { openDuckdb } from './open-duckdb.js';

describeEventStoreContract('DuckDB', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cdp-events-'));
  return {
    // Few columns, so that some properties have one and others do not.
    open: async () =>
      (await openDuckdb({ path: join(folder, 'events.duckdb'), propertyColumns: 6, habitsAt: 10 })).events,
    remove: async () => rmSync(folder, { recursive: true }),
  };
});
