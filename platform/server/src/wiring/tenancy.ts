import {
  SqlAccountStore,
  SqlAppStore,
  SqlAuditLog,
  type SqlDatabase,
  SqlDataKeyStore,
  SqlFailureCounter,
  SqlIdempotentRequests,
  SqlMembershipStore,
  SqlSessionStore,
  SqlTenancyEraser,
  SqlTenancyFeed,
  SqlTenantStore,
  SqlUnitOfWork,
} from '@cdp/adapters/sql';
import type { Clock, Ids, Logger } from '@cdp/core/kernel';
import {
  AppDirectory,
  AppService,
  AuditTrail,
  AuthService,
  KnownDevices,
  LoginThrottle,
  MasterKeys,
  Passwords,
  PlatformService,
  SecretBox,
  SessionGate,
  type TenancyParts,
  type TenantEraser,
  TenantService,
  UserService,
} from '@cdp/core/tenancy';
import type { AccessConfig } from '../config/index.js';

export interface TenancyOptions {
  db: SqlDatabase;
  masterKey: Buffer;
  access: AccessConfig;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  /** Stores beside those of tenancy itself that are emptied with a tenant. */
  erasers: TenantEraser[];
}

export type Tenancy = Awaited<ReturnType<typeof openTenancy>>;

/** Tenants, apps and people; the directory of apps is filled when this resolves. */
export async function openTenancy({ db, masterKey, access, clock, ids, logger, erasers }: TenancyOptions) {
  const masters = new MasterKeys(masterKey);
  const unit = new SqlUnitOfWork(db);
  const auditLog = new SqlAuditLog(db);
  const accounts = new SqlAccountStore(db);
  const memberships = new SqlMembershipStore(db);
  const sessions = new SqlSessionStore(db);
  const box = new SecretBox({ store: new SqlDataKeyStore(db), masters, clock });
  const directory = new AppDirectory({ feed: new SqlTenancyFeed(db), box, clock, logger });
  const parts: TenancyParts = {
    unit,
    tenants: new SqlTenantStore(db),
    apps: new SqlAppStore(db),
    accounts,
    memberships,
    sessions,
    trail: new AuditTrail({ log: auditLog, ids, clock }),
    box,
    directory,
    gate: new SessionGate({ sessions, accounts, memberships, clock }),
    passwords: new Passwords(),
    ids,
    clock,
  };
  const throttle = new LoginThrottle({ counter: new SqlFailureCounter(db), unit, clock });
  const users = new UserService(parts);
  const devices = new KnownDevices(masters);
  await directory.start();
  return {
    ...parts,
    masters,
    auditLog,
    users,
    idempotentRequests: new SqlIdempotentRequests(db),
    auth: new AuthService({ ...parts, throttle, devices, sessionTtlMs: access.sessionTtlMs }),
    appService: new AppService(parts),
    tenantService: new TenantService({
      ...parts,
      users,
      logger,
      erasers: [...erasers, new SqlTenancyEraser(db)],
    }),
    platform: new PlatformService(parts),
  };
}
