import { type Suppression, SuppressionService } from '@cdp/core/consent';
import { invalid } from '@cdp/core/kernel';
import { type Caller, Can, CurrentCaller, iso, pageSchema, showPage } from '@cdp/tenant-admin-api';
import { Body, Controller, Delete, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import {
  newSuppressionSchema,
  suppressionQuerySchema,
  suppressionRemovalSchema,
  suppressionSchema,
} from './consent-schemas.js';

const show = ({ at, ...suppression }: Suppression) => ({ ...suppression, at: iso(at) });

@ApiTags('consent')
@Controller('api/v1/suppressions')
export class SuppressionsController {
  constructor(private readonly suppressions: SuppressionService) {}

  /** Addresses that nothing is sent to. */
  @Can('read', 'Suppression')
  @ApiOperation({ summary: 'Addresses that get nothing' })
  @Get()
  @ApiOkResponse({ standardSchema: pageSchema(suppressionSchema) })
  async list(
    @Query({ schema: suppressionQuerySchema }) query: z.infer<typeof suppressionQuerySchema>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    return showPage(await this.suppressions.list(tenantId, query), show);
  }

  @Can('create', 'Suppression')
  @ApiOperation({ summary: 'Adds addresses that get nothing' })
  @Post()
  @ApiCreatedResponse({ standardSchema: suppressionSchema })
  async add(
    @Body({ schema: newSuppressionSchema }) body: z.infer<typeof newSuppressionSchema>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    if (body.address === undefined && body.addressHash === undefined)
      throw invalid('address', 'Give the address, or its hash.');
    const [added] = await this.suppressions.add(tenantId, [body]);
    return show(added as Suppression);
  }

  @Can('delete', 'Suppression')
  @ApiOperation({ summary: 'Takes addresses off the list' })
  @Delete()
  @HttpCode(204)
  @ApiNoContentResponse()
  async remove(
    @Query({ schema: suppressionRemovalSchema }) {
      channel,
      address,
      addressHash,
    }: z.infer<typeof suppressionRemovalSchema>,
    @CurrentCaller() { tenantId }: Caller,
  ): Promise<void> {
    if (address !== undefined) return this.suppressions.remove(tenantId, channel, { address });
    if (addressHash !== undefined) return this.suppressions.remove(tenantId, channel, { addressHash });
    throw invalid('address', 'Give the address, or its hash.');
  }
}
