import { describeProfileStoreContract } from '@cdp/core/profile/contract';
import { LmdbProfileStore } from './lmdb-profile-store.js';
import { stateHome } from './testing/index.js';

describeProfileStoreContract('LMDB', async () => stateHome((state) => new LmdbProfileStore(state)));
