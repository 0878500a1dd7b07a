import {
  AppDirectory,
  AppService,
  AuditLog,
  AuditTrail,
  AuthService,
  IdempotentRequests,
  MasterKeys,
  SecretBox,
  SessionGate,
  type Tenancy,
  TenantService,
  TenantStore,
  UserService,
} from '@cdp/core/tenancy';
import { AccessSettings } from './access/access-settings.js';

/** What AccessModule and TenantAdminModule ask for of tenancy, for a global module of the application to provide and export. */
export const tenancyProviders = (tenancy: Tenancy, settings: AccessSettings) => [
  { provide: AccessSettings, useValue: settings },
  { provide: MasterKeys, useValue: tenancy.masters },
  { provide: SessionGate, useValue: tenancy.gate },
  { provide: AppDirectory, useValue: tenancy.directory },
  { provide: TenantStore, useValue: tenancy.stores.tenants },
  { provide: IdempotentRequests, useValue: tenancy.stores.requests },
  { provide: SecretBox, useValue: tenancy.box },
  { provide: AuditTrail, useValue: tenancy.trail },
  { provide: AuditLog, useValue: tenancy.stores.auditLog },
  { provide: AuthService, useValue: tenancy.auth },
  { provide: TenantService, useValue: tenancy.tenants },
  { provide: AppService, useValue: tenancy.apps },
  { provide: UserService, useValue: tenancy.users },
];
