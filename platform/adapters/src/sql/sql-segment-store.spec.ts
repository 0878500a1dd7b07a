import { describeSegmentStoreContract } from '@cdp/core/segment/contract';
import { SqlSegmentStore } from './sql-segment-store.js';
import { openTestDatabase, testHome } from './testing/index.js';

describeSegmentStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { store: new SqlSegmentStore(db), close: () => db.close() };
});
