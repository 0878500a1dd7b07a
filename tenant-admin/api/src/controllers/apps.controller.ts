import { parseDuration } from '@cdp/core/kernel';
import { type App, AppService } from '@cdp/core/tenancy';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { type Caller, CurrentCaller } from '../access/caller.js';
import { Can, KeepsOwnRecord } from '../access/declarations.js';
import { ChangesVersion, IfMatch, requireVersion, Versioned } from '../requests/entity-tag.js';
import { iso, isoOrNull } from '../requests/instant.js';
import { type PageQuery, pageQuerySchema, pageSchema, showPage } from '../requests/page-query.js';
import { appChangeSchema, appSchema, createdAppSchema, newAppSchema, rotateSchema } from './app-schemas.js';

type Shown = z.infer<typeof appSchema>;

const show = (app: App): Shown => ({
  id: app.id,
  appKey: app.appKey,
  name: app.name,
  kind: app.kind,
  allowedOrigins: app.allowedOrigins,
  allowedIps: app.allowedIps,
  expiresAt: isoOrNull(app.expiresAt),
  limits: app.limits,
  secrets: app.secrets.map(({ id, createdAt, expiresAt }) => ({
    id,
    createdAt: iso(createdAt),
    expiresAt: isoOrNull(expiresAt),
  })),
  version: app.version,
  createdAt: iso(app.createdAt),
  updatedAt: iso(app.updatedAt),
});

@ApiTags('apps')
@KeepsOwnRecord()
@Controller('api/v1/apps')
export class AppsController {
  constructor(private readonly apps: AppService) {}

  /** Makes an app and its keys. The secret is answered this once. */
  @Can('create', 'App')
  @ApiOperation({ summary: 'Makes an app and its keys; the secret is shown this once' })
  @Post()
  @ApiCreatedResponse({ standardSchema: createdAppSchema })
  async create(
    @Body({ schema: newAppSchema }) body: z.infer<typeof newAppSchema>,
    @CurrentCaller() { tenantId, actor }: Caller,
  ): Promise<z.infer<typeof createdAppSchema>> {
    const { app, secretKey } = await this.apps.create(tenantId, body, actor);
    return { ...show(app), secretKey };
  }

  @Can('read', 'App')
  @ApiOperation({ summary: 'Apps of the tenant' })
  @Get()
  @ApiOkResponse({ standardSchema: pageSchema(appSchema) })
  async list(@Query({ schema: pageQuerySchema }) query: PageQuery, @CurrentCaller() { tenantId }: Caller) {
    return showPage(await this.apps.list(tenantId, query), show);
  }

  @Can('read', 'App')
  @ApiOperation({ summary: 'One app' })
  @Get(':id')
  @Versioned()
  @ApiOkResponse({ standardSchema: appSchema })
  async get(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller): Promise<Shown> {
    return show(await this.apps.get(tenantId, id));
  }

  @Can('update', 'App')
  @ApiOperation({ summary: 'Changes name, state, limits or who may use the keys of an app' })
  @Patch(':id')
  @ChangesVersion()
  @ApiOkResponse({ standardSchema: appSchema })
  async update(
    @Param('id') id: string,
    @Body({ schema: appChangeSchema }) body: z.infer<typeof appChangeSchema>,
    @CurrentCaller() { tenantId, actor }: Caller,
    @IfMatch() expected: number | undefined,
  ): Promise<Shown> {
    const { version } = await this.apps.get(tenantId, id);
    requireVersion(version, expected);
    return show(await this.apps.update(tenantId, id, body, actor, version));
  }

  /** A further secret; two may be live at once. It is answered this once. */
  @Can('update', 'App')
  @ApiOperation({ summary: 'Gives an app a second secret, beside the one that runs out' })
  @Post(':id/rotate')
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: createdAppSchema })
  async rotate(
    @Param('id') id: string,
    @Body({ schema: rotateSchema }) body: z.infer<typeof rotateSchema>,
    @CurrentCaller() { tenantId, actor }: Caller,
  ): Promise<z.infer<typeof createdAppSchema>> {
    const validFor = body?.previousValidFor === undefined ? null : (parseDuration(body.previousValidFor) ?? null);
    const { app, secretKey } = await this.apps.rotate(tenantId, id, validFor, actor);
    return { ...show(app), secretKey };
  }

  @Can('delete', 'App')
  @ApiOperation({ summary: 'Deletes an app; its keys stop at once' })
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async remove(@Param('id') id: string, @CurrentCaller() { tenantId, actor }: Caller): Promise<void> {
    await this.apps.remove(tenantId, id, actor);
  }
}
