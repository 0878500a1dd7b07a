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
import { openTestDatabase, testHome } from './testing/index.js';

const open = async () => {
  const db = await openTestDatabase();
  return { db, close: () => db.close() };
};

describeTenantStoreContract(testHome().name, async () => {
  const { db, close } = await open();
  return { store: new SqlTenantStore(db), feed: new SqlTenancyFeed(db), close };
});

describeAppStoreContract(testHome().name, async () => {
  const { db, close } = await open();
  return { store: new SqlAppStore(db), feed: new SqlTenancyFeed(db), close };
});

describeMembershipStoreContract(testHome().name, async () => {
  const { db, close } = await open();
  return {
    accounts: new SqlAccountStore(db),
    memberships: new SqlMembershipStore(db),
    tenants: new SqlTenantStore(db),
    close,
  };
});

describeSessionStoreContract(testHome().name, async () => {
  const { db, close } = await open();
  return { store: new SqlSessionStore(db), close };
});

describeAuditLogContract(testHome().name, async () => {
  const { db, close } = await open();
  return { log: new SqlAuditLog(db), close };
});

describeFailureCounterContract(testHome().name, async () => {
  const { db, close } = await open();
  return { counter: new SqlFailureCounter(db), close };
});

describeDataKeyStoreContract(testHome().name, async () => {
  const { db, close } = await open();
  return { store: new SqlDataKeyStore(db), close };
});

describeIdempotentRequestsContract(testHome().name, async () => {
  const { db, close } = await open();
  return { requests: new SqlIdempotentRequests(db), close };
});
