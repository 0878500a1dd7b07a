import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeFileStoreContract } from '@cdp/core/ingest/contract';
import { DiskFileStore } from './disk-file-store.js';

describeFileStoreContract('disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cdp-files-'));
  return { store: new DiskFileStore(folder), close: () => rm(folder, { recursive: true }) };
});
