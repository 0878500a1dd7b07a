import { TenantAdminModule } from '@cdp/tenant-admin-api';
import { Module } from '@nestjs/common';
import type { Role } from './role.js';

@Module({ imports: [TenantAdminModule] })
class AdminModule {}

export const adminRole: Role = { name: 'admin', module: AdminModule };
