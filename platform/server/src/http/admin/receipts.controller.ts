import { ProfileService } from '@cdp/core/profile';
import { type Caller, Can, CurrentCaller } from '@cdp/tenant-admin-api';
import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { erasureReceiptSchema, mergeReceiptSchema } from './profile-schemas.js';
import { erasureView } from './profile-views.js';

@ApiTags('profiles')
@Controller('api/v1')
export class ReceiptsController {
  constructor(private readonly profiles: ProfileService) {}

  /** Where a merge, or its undoing, stands. */
  @Can('read', 'Profile')
  @ApiOperation({ summary: 'How far a merge or its undoing is' })
  @Get('merges/:id')
  @ApiOkResponse({ standardSchema: mergeReceiptSchema })
  merge(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return this.profiles.mergeReceipt(tenantId, id);
  }

  /** Where an erasure stands: what was taken from which store. */
  @Can('read', 'Profile')
  @ApiOperation({ summary: 'How far the erasure of a person is, store by store' })
  @Get('erasures/:id')
  @ApiOkResponse({ standardSchema: erasureReceiptSchema })
  async erasure(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return erasureView(await this.profiles.receipt(tenantId, id));
  }
}
