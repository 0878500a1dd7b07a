import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeAudienceContract } from '@cdp/core/segment/contract';
import { openDuckdb } from './open-duckdb.js';

describeAudienceContract('DuckDB', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cdp-audience-'));
  return {
    open: async () => (await openDuckdb({ path: join(folder, 'audience.duckdb'), maxDocuments: 50 })).audience,
    remove: async () => rmSync(folder, { recursive: true }),
  };
});
