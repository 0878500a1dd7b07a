import type { Clock, Ids, UnitOfWork } from '../kernel/index.js';
import type { AccountStore } from './account-store.js';
import type { AppDirectory } from './app-directory.js';
import type { AppStore } from './app-store.js';
import type { AuditTrail } from './audit-trail.js';
import type { MembershipStore } from './membership-store.js';
import type { Passwords } from './passwords.js';
import type { SecretBox } from './secret-box.js';
import type { SessionGate } from './session-gate.js';
import type { SessionStore } from './session-store.js';
import type { TenantStore } from './tenant-store.js';

/** What the services of tenancy stand on. */
export interface TenancyParts {
  unit: UnitOfWork;
  tenants: TenantStore;
  apps: AppStore;
  accounts: AccountStore;
  memberships: MembershipStore;
  sessions: SessionStore;
  trail: AuditTrail;
  box: SecretBox;
  directory: AppDirectory;
  gate: SessionGate;
  passwords: Passwords;
  ids: Ids;
  clock: Clock;
}
