import {
  AppDirectory,
  AppService,
  AuditLog,
  AuditTrail,
  AuthService,
  IdempotentRequests,
  SecretBox,
  type Tenancy,
  TenantService,
  UserService,
} from '@cdp/core/tenancy';
import { Access } from './access/access.js';
import { AccessSettings } from './access/access-settings.js';

/** What AccessModule and TenantAdminModule ask for of tenancy, for a global module of the application to provide and export. */
export const tenancyProviders = (tenancy: Tenancy, access: Access) => [
  { provide: Access, useValue: access },
  { provide: AccessSettings, useValue: access.settings },
  { provide: AppDirectory, useValue: tenancy.directory },
  { provide: IdempotentRequests, useValue: tenancy.stores.requests },
  { provide: SecretBox, useValue: tenancy.box },
  { provide: AuditTrail, useValue: tenancy.trail },
  { provide: AuditLog, useValue: tenancy.stores.auditLog },
  { provide: AuthService, useValue: tenancy.auth },
  { provide: TenantService, useValue: tenancy.tenants },
  { provide: AppService, useValue: tenancy.apps },
  { provide: UserService, useValue: tenancy.users },
];
