import { describeAggregateStoreContract } from '@cdp/core/segment/contract';
import { SqlAggregateStore } from './sql-aggregate-store.js';
import { openTestDatabase, testHome } from './testing/index.js';

describeAggregateStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { store: new SqlAggregateStore(db), close: () => db.close() };
});
