import { describeDueIndexContract } from '@cdp/core/segment/contract';
import { LmdbDueIndex } from './lmdb-due-index.js';
import { stateHome } from './testing/index.js';

describeDueIndexContract('LMDB', async () => stateHome((state) => new LmdbDueIndex(state)));
