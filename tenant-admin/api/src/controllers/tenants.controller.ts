import { CdpError, notFound } from '@cdp/core/kernel';
import { abilityOf, resolveSettings, type Tenant, TenantService } from '@cdp/core/tenancy';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { CurrentUser, type User } from '../access/caller.js';
import { CanOnPlatform, LoggedIn } from '../access/declarations.js';
import { ChangesVersion, IfMatch, requireVersion, Versioned } from '../requests/entity-tag.js';
import { iso } from '../requests/instant.js';
import { type PageQuery, pageQuerySchema, pageSchema, showPage } from '../requests/page-query.js';
import { createdTenantSchema, newTenantSchema, tenantChangeSchema, tenantSchema } from './tenant-schemas.js';

type Shown = z.infer<typeof tenantSchema>;

const show = ({ id, name, state, settings, version, createdAt, updatedAt }: Tenant): Shown => ({
  id,
  name,
  state,
  settings: resolveSettings(settings),
  version,
  createdAt: iso(createdAt),
  updatedAt: iso(updatedAt),
});

@ApiTags('tenants')
@Controller('api/v1/tenants')
export class TenantsController {
  constructor(private readonly tenants: TenantService) {}

  /** Makes a tenant and its first owner, whose temporary password is answered this once. */
  @CanOnPlatform('create', 'Tenant')
  @ApiOperation({ summary: 'Makes a tenant and its owner' })
  @Post()
  @ApiCreatedResponse({ standardSchema: createdTenantSchema })
  async create(
    @Body({ schema: newTenantSchema }) body: z.infer<typeof newTenantSchema>,
    @CurrentUser() { actor }: User,
  ): Promise<z.infer<typeof createdTenantSchema>> {
    const { tenant, owner, temporaryPassword } = await this.tenants.create(body, actor);
    return { ...show(tenant), owner: { id: owner.accountId, email: owner.email, temporaryPassword } };
  }

  /** All tenants for a platform admin; one's own for everybody else. */
  @LoggedIn()
  @ApiOperation({ summary: 'Tenants of the platform' })
  @Get()
  @ApiOkResponse({ standardSchema: pageSchema(tenantSchema) })
  async list(
    @Query({ schema: pageQuerySchema }) query: PageQuery,
    @CurrentUser() { principal }: User,
  ): Promise<{ items: Shown[]; nextCursor: string | null }> {
    if (principal.account.platformAdmin) return showPage(await this.tenants.list(query), show);
    const own = await Promise.all(principal.memberships.map(({ tenantId }) => this.tenants.get(tenantId)));
    return { items: own.map(show), nextCursor: null };
  }

  @LoggedIn()
  @ApiOperation({ summary: 'One tenant' })
  @Get(':id')
  @Versioned()
  @ApiOkResponse({ standardSchema: tenantSchema })
  async get(@Param('id') id: string, @CurrentUser() { principal }: User): Promise<Shown> {
    if (!principal.account.platformAdmin && !principal.memberships.some(({ tenantId }) => tenantId === id))
      throw notFound('tenant');
    return show(await this.tenants.get(id));
  }

  /** Name and settings, also by owners and admins of the tenant; `state` by platform admins alone. */
  @LoggedIn()
  @ApiOperation({ summary: 'Suspends a tenant or lets it work again' })
  @Patch(':id')
  @ChangesVersion()
  @ApiOkResponse({ standardSchema: tenantSchema })
  async update(
    @Param('id') id: string,
    @Body({ schema: tenantChangeSchema }) body: z.infer<typeof tenantChangeSchema>,
    @CurrentUser() { principal, actor }: User,
    @IfMatch() expected: number | undefined,
  ): Promise<Shown> {
    const membership = principal.memberships.find(({ tenantId }) => tenantId === id);
    if (!principal.account.platformAdmin) {
      if (!membership) throw notFound('tenant');
      if (abilityOf(membership.role).cannot('update', 'Settings') || body.state !== undefined)
        throw new CdpError('forbidden', 'Your role does not allow this.');
    }
    const { version } = await this.tenants.get(id);
    requireVersion(version, expected);
    return show(await this.tenants.update(id, body, actor, version));
  }

  /** Ends the tenant for everybody at once, and removes what it held. */
  @CanOnPlatform('delete', 'Tenant')
  @ApiOperation({ summary: 'Deletes a tenant with everything it has' })
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async remove(@Param('id') id: string, @CurrentUser() { actor }: User): Promise<void> {
    await this.tenants.remove(id, actor);
  }
}
