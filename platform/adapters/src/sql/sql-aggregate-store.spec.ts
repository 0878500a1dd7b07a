import { describeAggregateStoreContract } from '@cdp/core/segment/contract';
import { SqlAggregateStore } from './sql-aggregate-store.js';
import { openTestDatabase } from './testing/index.js';

describeAggregateStoreContract('SQLite', async () => {
  const db = await openTestDatabase();
  return { store: new SqlAggregateStore(db), close: () => db.close() };
});
