import {
  describeChannelStoreContract,
  describeInboxStoreContract,
  describeOutboxStoreContract,
} from '@cdp/core/delivery/contract';
import { SystemClock, UuidIds } from '@cdp/core/kernel';
import { describeEngagementStoreContract } from '@cdp/core/tracking/contract';
import { SqlChannelStore } from './sql-channel-store.js';
import { SqlEngagementStore } from './sql-engagement-store.js';
import { SqlInboxStore } from './sql-inbox-store.js';
import { sqlMessagingStores } from './sql-messaging-stores.js';
import { openTestDatabase, testHome } from './testing/index.js';

describeChannelStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { store: new SqlChannelStore(db), close: () => db.close() };
});

describeInboxStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { store: new SqlInboxStore(db), close: () => db.close() };
});

describeOutboxStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  const { outbox, ...stores } = sqlMessagingStores(db, new UuidIds(new SystemClock()));
  return { ...stores, store: outbox, close: () => db.close() };
});

describeEngagementStoreContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { store: new SqlEngagementStore(db), close: () => db.close() };
});
