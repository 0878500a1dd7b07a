import {
  describeAppStoreContract,
  describeAuditLogContract,
  describeDataKeyStoreContract,
  describeFailureCounterContract,
  describeIdempotentRequestsContract,
  describeMembershipStoreContract,
  describeSessionStoreContract,
  describeTenantStoreContract,
} from '@cdp/core/tenancy/contract';
import {
  SqlAccountStore,
  SqlAppStore,
  SqlAuditLog,
  SqlDataKeyStore,
  SqlFailureCounter,
  SqlIdempotentRequests,
  SqlMembershipStore,
  SqlSessionStore,
  SqlTenancyFeed,
  SqlTenantStore,
} from './index.js';
import { openTestDatabase } from './testing/index.js';

const open = async () => {
  const db = await openTestDatabase();
  return { db, close: () => db.close() };
};

describeTenantStoreContract('SQLite', async () => {
  const { db, close } = await open();
  return { store: new SqlTenantStore(db), feed: new SqlTenancyFeed(db), close };
});

describeAppStoreContract('SQLite', async () => {
  const { db, close } = await open();
  return { store: new SqlAppStore(db), feed: new SqlTenancyFeed(db), close };
});

describeMembershipStoreContract('SQLite', async () => {
  const { db, close } = await open();
  return {
    accounts: new SqlAccountStore(db),
    memberships: new SqlMembershipStore(db),
    tenants: new SqlTenantStore(db),
    close,
  };
});

describeSessionStoreContract('SQLite', async () => {
  const { db, close } = await open();
  return { store: new SqlSessionStore(db), close };
});

describeAuditLogContract('SQLite', async () => {
  const { db, close } = await open();
  return { log: new SqlAuditLog(db), close };
});

describeFailureCounterContract('SQLite', async () => {
  const { db, close } = await open();
  return { counter: new SqlFailureCounter(db), close };
});

describeDataKeyStoreContract('SQLite', async () => {
  const { db, close } = await open();
  return { store: new SqlDataKeyStore(db), close };
});

describeIdempotentRequestsContract('SQLite', async () => {
  const { db, close } = await open();
  return { requests: new SqlIdempotentRequests(db), close };
});
