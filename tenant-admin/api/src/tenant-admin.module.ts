import { Module } from '@nestjs/common';
import { AppsController } from './controllers/apps.controller.js';
import { AuditLogController } from './controllers/audit-log.controller.js';
import { AuthController } from './controllers/auth.controller.js';
import { SettingsController } from './controllers/settings.controller.js';
import { TenantsController } from './controllers/tenants.controller.js';
import { UsersController } from './controllers/users.controller.js';

/**
 * Logins, tenants, apps, users and the audit log. Of a global module of the application it asks for what `tenancyProviders` lists,
 * and for Clock; and for AccessModule beside it.
 */
@Module({
  controllers: [
    AuthController,
    TenantsController,
    SettingsController,
    AppsController,
    UsersController,
    AuditLogController,
  ],
})
export class TenantAdminModule {}
