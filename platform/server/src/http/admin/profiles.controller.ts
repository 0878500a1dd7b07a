import { ProfileService } from '@cdp/core/profile';
import { SegmentService } from '@cdp/core/segment';
import {
  type Caller,
  Can,
  CurrentCaller,
  iso,
  type PageQuery,
  PersonalView,
  pageQuerySchema,
  pageSchema,
  showPage,
} from '@cdp/tenant-admin-api';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import {
  erasureReceiptSchema,
  mergeEntrySchema,
  mergeReceiptSchema,
  mergeSchema,
  profilePageSchema,
  profileSegmentSchema,
  searchSchema,
  timelineItemSchema,
  timelineQuerySchema,
  unmergeSchema,
} from './profile-schemas.js';
import { erasureView, mergeEntry, timelineItem } from './profile-views.js';
import { ProfilesShown } from './profiles-shown.js';

const DEFAULT_LIMIT = 50;

/** People, one at a time or by a rule; the two reads that other systems make on every visit are in `http/profile-reads`. */
@ApiTags('profiles')
@Controller('api/v1/profiles')
export class ProfilesController {
  constructor(
    private readonly profiles: ProfileService,
    private readonly segments: SegmentService,
    private readonly personal: PersonalView,
    private readonly shown: ProfilesShown,
  ) {}

  /** The profiles that fit a rule. */
  @Can('read', 'Profile')
  @ApiOperation({ summary: 'People who fit a rule' })
  @Post('search')
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: profilePageSchema })
  async search(@Body({ schema: searchSchema }) body: z.infer<typeof searchSchema>, @CurrentCaller() caller: Caller) {
    const { rule, limit = DEFAULT_LIMIT, cursor } = body;
    const page = await this.segments.search(caller.tenantId, { rule }, { limit, cursor });
    return { items: await this.shown.to(caller, page.items), nextCursor: page.nextCursor };
  }

  /** The timeline, newest first. */
  @Can('read', 'Profile')
  @ApiOperation({ summary: 'Timeline of a person, the newest first' })
  @Get(':id/events')
  @ApiOkResponse({ standardSchema: pageSchema(timelineItemSchema) })
  async events(
    @Param('id') id: string,
    @Query({ schema: timelineQuerySchema }) query: z.infer<typeof timelineQuerySchema>,
    @CurrentCaller() caller: Caller,
  ) {
    const show = this.personal.for(caller);
    return showPage(await this.profiles.timeline(caller.tenantId, id, query), (event) => show(timelineItem(event)));
  }

  /** The segments that the person is in. */
  @Can('read', 'Profile')
  @ApiOperation({ summary: 'Segments that a person is in, and since when' })
  @Get(':id/segments')
  @ApiOkResponse({ standardSchema: profileSegmentSchema })
  async memberships(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    await this.profiles.get(tenantId, id);
    const segments = await this.segments.segmentsOf(tenantId, id);
    return { items: segments.map((segment) => ({ ...segment, since: iso(segment.since) })), nextCursor: null };
  }

  /** Merges that the profile was part of, oldest first. */
  @Can('read', 'Profile')
  @ApiOperation({ summary: 'Merges that a profile is part of' })
  @Get(':id/merges')
  @ApiOkResponse({ standardSchema: pageSchema(mergeEntrySchema) })
  async merges(
    @Param('id') id: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    await this.profiles.get(tenantId, id);
    return showPage(await this.profiles.merges(tenantId, id, query), mergeEntry);
  }

  /** Makes two profiles one; the older goes on. */
  @Can('update', 'Profile')
  @ApiOperation({ summary: 'Makes two profiles one; answers a receipt' })
  @Post(':id/merge')
  @HttpCode(202)
  @ApiAcceptedResponse({ standardSchema: mergeReceiptSchema })
  async merge(
    @Param('id') id: string,
    @Body({ schema: mergeSchema }) body: z.infer<typeof mergeSchema>,
    @CurrentCaller() { tenantId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const receipt = await this.profiles.merge(tenantId, id, body.with);
    reply.header('location', `/api/v1/merges/${receipt.id}`);
    return receipt;
  }

  /** Takes a merge back. */
  @Can('update', 'Profile')
  @ApiOperation({ summary: 'Takes a merge apart; answers a receipt' })
  @Post(':id/unmerge')
  @HttpCode(202)
  @ApiAcceptedResponse({ standardSchema: mergeReceiptSchema })
  async unmerge(
    @Param('id') id: string,
    @Body({ schema: unmergeSchema }) { mergeId }: z.infer<typeof unmergeSchema>,
    @CurrentCaller() { tenantId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const receipt = await this.profiles.unmerge(tenantId, id, mergeId);
    reply.header('location', `/api/v1/merges/${receipt.id}`);
    return receipt;
  }

  /** Erases the person from every store. */
  @Can('delete', 'Profile')
  @ApiOperation({ summary: 'Erases a person from every store; answers a receipt' })
  @Delete(':id')
  @HttpCode(202)
  @ApiAcceptedResponse({ standardSchema: erasureReceiptSchema })
  async erase(
    @Param('id') id: string,
    @CurrentCaller() { tenantId }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const receipt = await this.profiles.erase(tenantId, id);
    reply.header('location', `/api/v1/erasures/${receipt.id}`);
    return erasureView(receipt);
  }
}
