import {
  type CampaignPatch,
  CampaignService,
  campaignPatchSchema,
  type NewCampaign,
  newCampaignSchema,
} from '@cdp/core/campaign';
import { CampaignReports } from '@cdp/core/tracking';
import {
  type Caller,
  Can,
  ChangesVersion,
  CurrentCaller,
  IfMatch,
  pageSchema,
  requireVersion,
  showPage,
  Versioned,
} from '@cdp/tenant-admin-api';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import {
  campaignQuerySchema,
  campaignSchema,
  messageQuerySchema,
  messageSchema,
  reportSchema,
} from './campaign-schemas.js';
import { campaignView, messageViewFor } from './campaign-views.js';

@ApiTags('campaigns')
@Controller('api/v1/campaigns')
export class CampaignsController {
  constructor(
    private readonly campaigns: CampaignService,
    private readonly reports: CampaignReports,
  ) {}

  /** Makes a draft. */
  @Can('create', 'Campaign')
  @ApiOperation({ summary: 'Makes a campaign, as a draft' })
  @Post()
  @Versioned()
  @ApiCreatedResponse({ standardSchema: campaignSchema })
  async create(@Body({ schema: newCampaignSchema }) body: NewCampaign, @CurrentCaller() { tenantId }: Caller) {
    return campaignView(await this.campaigns.create(tenantId, body));
  }

  @Can('read', 'Campaign')
  @ApiOperation({ summary: 'Campaigns of the tenant' })
  @Get()
  @ApiOkResponse({ standardSchema: pageSchema(campaignSchema) })
  async list(
    @Query({ schema: campaignQuerySchema }) query: z.infer<typeof campaignQuerySchema>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    return showPage(await this.campaigns.list(tenantId, query), campaignView);
  }

  @Can('read', 'Campaign')
  @ApiOperation({ summary: 'One campaign' })
  @Get(':id')
  @Versioned()
  @ApiOkResponse({ standardSchema: campaignSchema })
  async get(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return campaignView(await this.campaigns.get(tenantId, id));
  }

  /** Changes a draft. */
  @Can('update', 'Campaign')
  @ApiOperation({ summary: 'Changes a campaign that was not launched' })
  @Put(':id')
  @ChangesVersion()
  @ApiOkResponse({ standardSchema: campaignSchema })
  async update(
    @Param('id') id: string,
    @Body({ schema: campaignPatchSchema }) body: CampaignPatch,
    @CurrentCaller() { tenantId }: Caller,
    @IfMatch() expected: number | undefined,
  ) {
    const { version } = await this.campaigns.get(tenantId, id);
    requireVersion(version, expected);
    return campaignView(await this.campaigns.update(tenantId, id, body, version));
  }

  /** Deletes a draft. */
  @Can('delete', 'Campaign')
  @ApiOperation({ summary: 'Deletes a draft' })
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async remove(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller): Promise<void> {
    await this.campaigns.delete(tenantId, id);
  }

  /** Fixes the audience at its time and begins to send. */
  @Can('run', 'Campaign')
  @ApiOperation({ summary: 'Fixes the audience and sends, now or at its time' })
  @Post(':id/launch')
  @HttpCode(200)
  @ChangesVersion()
  @ApiOkResponse({ standardSchema: campaignSchema })
  async launch(
    @Param('id') id: string,
    @CurrentCaller() { tenantId }: Caller,
    @IfMatch() expected: number | undefined,
  ) {
    if (expected !== undefined) requireVersion((await this.campaigns.get(tenantId, id)).version, expected);
    return campaignView(await this.campaigns.launch(tenantId, id, expected));
  }

  /** Stops making and sending messages until it is resumed. */
  @Can('run', 'Campaign')
  @ApiOperation({ summary: 'Holds back what was not sent' })
  @Post(':id/pause')
  @HttpCode(200)
  @Versioned()
  @ApiOkResponse({ standardSchema: campaignSchema })
  async pause(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return campaignView(await this.campaigns.pause(tenantId, id));
  }

  @Can('run', 'Campaign')
  @ApiOperation({ summary: 'Goes on with what was held back' })
  @Post(':id/resume')
  @HttpCode(200)
  @Versioned()
  @ApiOkResponse({ standardSchema: campaignSchema })
  async resume(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return campaignView(await this.campaigns.resume(tenantId, id));
  }

  /** Ends it for good; what waits to be sent is dropped. */
  @Can('run', 'Campaign')
  @ApiOperation({ summary: 'Ends a campaign; what was not sent is not' })
  @Post(':id/cancel')
  @HttpCode(200)
  @Versioned()
  @ApiOkResponse({ standardSchema: campaignSchema })
  async cancel(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return campaignView(await this.campaigns.cancel(tenantId, id));
  }

  @Can('read', 'Campaign')
  @ApiOperation({ summary: 'What became of a campaign, in people and in counts' })
  @Get(':id/report')
  @ApiOkResponse({ standardSchema: reportSchema })
  report(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return this.reports.report(tenantId, id);
  }

  @Can('read', 'Campaign')
  @ApiOperation({ summary: 'Messages of a campaign and what became of each' })
  @Get(':id/messages')
  @ApiOkResponse({ standardSchema: pageSchema(messageSchema) })
  async messages(
    @Param('id') id: string,
    @Query({ schema: messageQuerySchema }) query: z.infer<typeof messageQuerySchema>,
    @CurrentCaller() caller: Caller,
  ) {
    return showPage(await this.campaigns.messages(caller.tenantId, id, query), messageViewFor(caller));
  }
}
