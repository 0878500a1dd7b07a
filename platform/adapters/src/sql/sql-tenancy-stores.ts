import type { TenancyStores } from '@cdp/core/tenancy';
import type { SqlDatabase } from './database.js';
import { SqlAccountStore } from './sql-account-store.js';
import { SqlAppStore } from './sql-app-store.js';
import { SqlAuditLog } from './sql-audit-log.js';
import { SqlDataKeyStore } from './sql-data-key-store.js';
import { SqlFailureCounter } from './sql-failure-counter.js';
import { SqlIdempotentRequests } from './sql-idempotent-requests.js';
import { SqlMembershipStore } from './sql-membership-store.js';
import { SqlSessionStore } from './sql-session-store.js';
import { SqlTenancyFeed } from './sql-tenancy-feed.js';
import { SqlTenantStore } from './sql-tenant-store.js';
import { SqlUnitOfWork } from './sql-unit-of-work.js';

/** Every store of tenancy on one database. */
export const sqlTenancyStores = (db: SqlDatabase): TenancyStores => ({
  unit: new SqlUnitOfWork(db),
  tenants: new SqlTenantStore(db),
  apps: new SqlAppStore(db),
  feed: new SqlTenancyFeed(db),
  accounts: new SqlAccountStore(db),
  memberships: new SqlMembershipStore(db),
  sessions: new SqlSessionStore(db),
  auditLog: new SqlAuditLog(db),
  failures: new SqlFailureCounter(db),
  dataKeys: new SqlDataKeyStore(db),
  requests: new SqlIdempotentRequests(db),
});
