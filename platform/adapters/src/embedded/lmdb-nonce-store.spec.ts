import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeNonceStoreContract } from '@cdp/core/ingest/contract';
import { LmdbNonceStore } from './lmdb-nonce-store.js';
import { LmdbState } from './lmdb-state.js';

describeNonceStoreContract('LMDB', (clock) => {
  const dir = mkdtempSync(join(tmpdir(), 'cdp-nonces-'));
  let state: LmdbState | undefined;
  return {
    open: async () => {
      await state?.close();
      state = new LmdbState({ path: join(dir, 'state') });
      return new LmdbNonceStore(state, clock);
    },
    dispose: async () => {
      await state?.close();
      rmSync(dir, { recursive: true });
    },
  };
});
