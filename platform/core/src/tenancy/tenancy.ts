import type { Clock, Ids, Logger, UnitOfWork } from '../kernel/index.js';
import type { Leases } from '../work/index.js';
import type { AccountStore } from './account-store.js';
import { AppDirectory } from './app-directory.js';
import { AppService } from './app-service.js';
import type { AppStore } from './app-store.js';
import type { AuditLog } from './audit-log.js';
import { AuditTrail } from './audit-trail.js';
import { AuthService } from './auth-service.js';
import type { DataKeyStore } from './data-key-store.js';
import { ErasureSweep } from './erasure-sweep.js';
import type { FailureCounter } from './failure-counter.js';
import type { IdempotentRequests } from './idempotent-requests.js';
import { KnownDevices } from './known-devices.js';
import { LoginThrottle, type LoginThrottleLimits } from './login-throttle.js';
import type { MasterKeys } from './master-keys.js';
import type { MembershipStore } from './membership-store.js';
import { Passwords } from './passwords.js';
import { PlatformService } from './platform-service.js';
import { SecretBox } from './secret-box.js';
import { SessionGate } from './session-gate.js';
import type { SessionStore } from './session-store.js';
import type { TenancyFeed } from './tenancy-feed.js';
import type { TenantEraser } from './tenant-eraser.js';
import { TenantService } from './tenant-service.js';
import type { TenantStore } from './tenant-store.js';
import { UserService } from './user-service.js';

/** Everything that tenancy remembers. */
export interface TenancyStores {
  unit: UnitOfWork;
  tenants: TenantStore;
  apps: AppStore;
  feed: TenancyFeed;
  accounts: AccountStore;
  memberships: MembershipStore;
  sessions: SessionStore;
  auditLog: AuditLog;
  failures: FailureCounter;
  dataKeys: DataKeyStore;
  requests: IdempotentRequests;
}

export interface TenancyOptions {
  stores: TenancyStores;
  masters: MasterKeys;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  /** Where other processes work on the same stores; none: this one is alone. */
  leases?: Leases | undefined;
  /** Milliseconds that a login lasts. */
  sessionTtlMs: number;
  /** What removes the data of a deleted tenant from the other stages' stores, in the order in which it is to go. */
  erasers?: readonly TenantEraser[];
  loginLimits?: LoginThrottleLimits;
}

/** The stage as a whole: its stores and the services on them. */
export interface Tenancy {
  stores: TenancyStores;
  masters: MasterKeys;
  box: SecretBox;
  trail: AuditTrail;
  gate: SessionGate;
  directory: AppDirectory;
  tenants: TenantService;
  apps: AppService;
  users: UserService;
  auth: AuthService;
  platform: PlatformService;
  /** Forgets logins, failures and kept answers that nobody asks for any more. To be called every hour or so. */
  purge(): Promise<void>;
  /** Brings the directory up to date and keeps it so, and finishes erasures that a crash cut short. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Sessions that are over are listed to nobody, but kept a while for whoever has to look into something. */
const SESSIONS_KEPT_MS = 30 * 86_400_000;

export function openTenancy(options: TenancyOptions): Tenancy {
  const { stores, masters, clock, ids, logger, sessionTtlMs, erasers = [], loginLimits } = options;
  const alone = options.leases === undefined;
  const box = new SecretBox({ store: stores.dataKeys, masters, clock });
  const trail = new AuditTrail({ log: stores.auditLog, ids, clock });
  const gate = new SessionGate({ ...stores, clock });
  const directory = new AppDirectory({ feed: stores.feed, box, clock, logger, alone });
  const throttle = new LoginThrottle({
    counter: stores.failures,
    unit: stores.unit,
    clock,
    ...(loginLimits && { limits: loginLimits }),
  });
  const parts = { ...stores, trail, box, directory, gate, passwords: new Passwords(), ids, clock };
  const users = new UserService(parts);
  const tenants = new TenantService({ ...parts, users, erasers, logger, alone });
  const sweep =
    options.leases && new ErasureSweep({ tenants, leases: options.leases, holder: ids.next(), clock, logger });
  return {
    stores,
    masters,
    box,
    trail,
    gate,
    directory,
    tenants,
    apps: new AppService(parts),
    users,
    auth: new AuthService({ ...parts, throttle, devices: new KnownDevices(masters), sessionTtlMs }),
    platform: new PlatformService(parts),
    purge: async () => {
      const now = clock.now();
      await stores.sessions.purge(now - SESSIONS_KEPT_MS);
      await throttle.purge();
      await stores.requests.purge(now);
    },
    start: async () => {
      await directory.start();
      if (sweep) sweep.start();
      else await tenants.eraseDeleted();
    },
    stop: async () => {
      await sweep?.stop();
      await directory.stop();
    },
  };
}
