import {
  resolveSettings,
  TenantService,
  type TenantSettings,
  type TenantSettingsPatch,
  tenantSettingsPatchSchema,
  tenantSettingsSchema,
} from '@cdp/core/tenancy';
import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentCaller } from '../access/caller.js';
import { Can, KeepsOwnRecord } from '../access/declarations.js';

@ApiTags('tenants')
@Controller('api/v1/settings')
export class SettingsController {
  constructor(private readonly tenants: TenantService) {}

  /** What holds for the tenant: its own decisions, and the defaults for the rest. */
  @Can('read', 'Settings')
  @ApiOperation({ summary: 'What the tenant has decided for itself' })
  @Get()
  @ApiOkResponse({ standardSchema: tenantSettingsSchema })
  async get(@CurrentCaller() { tenantId }: Caller): Promise<TenantSettings> {
    return resolveSettings((await this.tenants.get(tenantId)).settings);
  }

  /** Each group that is given replaces that group. */
  @Can('update', 'Settings')
  @KeepsOwnRecord()
  @ApiOperation({ summary: 'Changes settings of the tenant, a group at a time' })
  @Patch()
  @ApiOkResponse({ standardSchema: tenantSettingsSchema })
  async update(
    @Body({ schema: tenantSettingsPatchSchema }) settings: TenantSettingsPatch,
    @CurrentCaller() { tenantId, actor }: Caller,
  ): Promise<TenantSettings> {
    return resolveSettings((await this.tenants.update(tenantId, { settings }, actor)).settings);
  }
}
