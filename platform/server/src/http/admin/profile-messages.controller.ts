import { CampaignService } from '@cdp/core/campaign';
import { ProfileService } from '@cdp/core/profile';
import {
  type Caller,
  Can,
  CurrentCaller,
  type PageQuery,
  pageQuerySchema,
  pageSchema,
  showPage,
} from '@cdp/tenant-admin-api';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { messageSchema } from './campaign-schemas.js';
import { messageViewFor } from './campaign-views.js';

@ApiTags('profiles')
@Controller('api/v1/profiles')
export class ProfileMessagesController {
  constructor(
    private readonly campaigns: CampaignService,
    private readonly profiles: ProfileService,
  ) {}

  /** What was sent to the person, newest first. */
  @Can('read', 'Profile')
  @ApiOperation({ summary: 'Messages that were sent to a person' })
  @Get(':id/messages')
  @ApiOkResponse({ standardSchema: pageSchema(messageSchema) })
  async messages(
    @Param('id') id: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
    @CurrentCaller() caller: Caller,
  ) {
    await this.profiles.get(caller.tenantId, id);
    return showPage(await this.campaigns.messagesOfProfile(caller.tenantId, id, query), messageViewFor(caller));
  }
}
