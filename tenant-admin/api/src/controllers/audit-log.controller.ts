import { type AuditEntry, AuditLog, PLATFORM_TENANT } from '@cdp/core/tenancy';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type Caller, CurrentCaller } from '../access/caller.js';
import { Can, CanOnPlatform } from '../access/declarations.js';
import { instantSchema, iso, timeSchema } from '../requests/instant.js';
import { pageQuerySchema, pageSchema, showPage } from '../requests/page-query.js';

const auditEntrySchema = z
  .object({
    id: z.string(),
    at: timeSchema,
    actor: z.object({
      kind: z.enum(['user', 'platform']),
      id: z.string(),
      email: z.string().optional(),
      address: z.string().optional(),
      correlationId: z.string().optional(),
    }),
    action: z.string(),
    resource: z.string(),
    resourceId: z.string(),
    before: z.record(z.string(), z.unknown()).nullable(),
    after: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'AuditEntry' });

const auditQuerySchema = pageQuerySchema.extend({
  actorId: z.string().optional(),
  action: z.string().optional(),
  resource: z.string().optional(),
  resourceId: z.string().optional(),
  from: instantSchema.optional(),
  to: instantSchema.optional(),
});

type AuditQuery = z.infer<typeof auditQuerySchema>;

const show = ({ tenantId: _, at, ...entry }: AuditEntry): z.infer<typeof auditEntrySchema> => ({
  ...entry,
  at: iso(at),
});

@ApiTags('audit log')
@Controller('api/v1')
export class AuditLogController {
  constructor(private readonly log: AuditLog) {}

  /** Who changed what in the tenant, newest first. */
  @Can('read', 'AuditEntry')
  @ApiOperation({ summary: 'Who changed what in the tenant, the newest first' })
  @Get('audit-log')
  @ApiOkResponse({ standardSchema: pageSchema(auditEntrySchema) })
  async list(@Query({ schema: auditQuerySchema }) query: AuditQuery, @CurrentCaller() { tenantId }: Caller) {
    return showPage(await this.log.list(tenantId, query, query), show);
  }

  /** What was done to the platform itself: admins, tenants that were removed. */
  @CanOnPlatform('read', 'AuditEntry')
  @ApiOperation({ summary: 'Who changed what on the platform, the newest first' })
  @Get('platform/audit-log')
  @ApiOkResponse({ standardSchema: pageSchema(auditEntrySchema) })
  async listPlatform(@Query({ schema: auditQuerySchema }) query: AuditQuery) {
    return showPage(await this.log.list(PLATFORM_TENANT, query, query), show);
  }
}
