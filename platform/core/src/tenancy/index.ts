export { ACTIONS, type Action, abilityOf, type CdpAbility, RESOURCES, type Resource } from './abilities.js';
export { type Account, type Member, type Membership, normalizeEmail } from './account.js';
export { AccountStore } from './account-store.js';
export { type Actor, PLATFORM } from './actor.js';
export { AddressList } from './address-list.js';
export { type App, type AppKind, type AppLimits, type AppSecret, ipRangeSchema, originSchema } from './app.js';
export { AppCredentials, type KnownTenant } from './app-credentials.js';
export { AppDirectory } from './app-directory.js';
export { type AppChange, AppService, type CreatedApp, type NewApp } from './app-service.js';
export { AppStore } from './app-store.js';
export { type AuditEntry, type AuditFilter, AuditLog, PLATFORM_TENANT } from './audit-log.js';
export { AuditTrail, type Change, REDACTED, redact } from './audit-trail.js';
export { AuthService, type Login, type LoginRequest } from './auth-service.js';
export { DataKeyStore, type WrappedKey } from './data-key-store.js';
export { FailureCounter } from './failure-counter.js';
export { type Beginning, IdempotentRequests, type KeptAnswer } from './idempotent-requests.js';
export { KnownDevices } from './known-devices.js';
export { LoginThrottle, type LoginThrottleLimits } from './login-throttle.js';
export { type MasterKey, MasterKeys } from './master-keys.js';
export { MembershipStore } from './membership-store.js';
export { OriginList } from './origin-list.js';
export { Passwords } from './passwords.js';
export { MASK, PersonalData } from './personal-data.js';
export { PlatformService } from './platform-service.js';
export { type EffectiveRole, ROLES, type Role } from './role.js';
export { SecretBox, type SecretPlace } from './secret-box.js';
export type { Principal, Session } from './session.js';
export { SessionGate } from './session-gate.js';
export { SessionStore } from './session-store.js';
export { openTenancy, type Tenancy, type TenancyOptions, type TenancyStores } from './tenancy.js';
export { type TenancyChanges, TenancyFeed } from './tenancy-feed.js';
export type { TenancyParts } from './tenancy-parts.js';
export type { Tenant, TenantState } from './tenant.js';
export { TenantEraser } from './tenant-eraser.js';
export { type CreatedTenant, type NewTenant, type TenantChange, TenantService } from './tenant-service.js';
export {
  DEFAULT_TENANT_SETTINGS,
  type IdentitySettings,
  type Limits,
  resolveSettings,
  type TenantSettings,
  type TenantSettingsPatch,
  tenantSettingsPatchSchema,
  tenantSettingsSchema,
} from './tenant-settings.js';
export { TenantStore } from './tenant-store.js';
export { type Authority, type Invitation, type Invited, UserService } from './user-service.js';
