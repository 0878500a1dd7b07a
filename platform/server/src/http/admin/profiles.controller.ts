import type { Page } from '@cdp/core/kernel';
import { type ProfileDocument, ProfileService } from '@cdp/core/profile';
import { SegmentService } from '@cdp/core/segment';
import {
  type Caller,
  Can,
  CurrentCaller,
  entityTag,
  iso,
  type PageQuery,
  PersonalView,
  pageQuerySchema,
  pageSchema,
  showPage,
} from '@cdp/tenant-admin-api';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiPermanentRedirectResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import {
  erasureReceiptSchema,
  mergeEntrySchema,
  mergeReceiptSchema,
  mergeSchema,
  profilePageSchema,
  profileQuerySchema,
  profileSchema,
  profileSegmentSchema,
  searchSchema,
  timelineItemSchema,
  timelineQuerySchema,
  unmergeSchema,
} from './profile-schemas.js';
import { erasureView, mergeEntry, timelineItem } from './profile-views.js';
import { ProfilesShown } from './profiles-shown.js';

const DEFAULT_LIMIT = 50;

@ApiTags('profiles')
@Controller('api/v1/profiles')
export class ProfilesController {
  constructor(
    private readonly profiles: ProfileService,
    private readonly segments: SegmentService,
    private readonly personal: PersonalView,
    private readonly shown: ProfilesShown,
  ) {}

  /** The profile with an identifier, those that contain a text, or all of them. */
  @Can('read', 'Profile')
  @Get()
  @ApiOkResponse({ standardSchema: profilePageSchema })
  async list(
    @Query({ schema: profileQuerySchema }) query: z.infer<typeof profileQuerySchema>,
    @CurrentCaller() caller: Caller,
  ) {
    const { tenantId } = caller;
    if (query.identifier !== undefined) {
      const document = await this.profiles.byIdentifier(tenantId, query.identifier);
      return this.#page(caller, { items: document ? [document] : [], nextCursor: null });
    }
    const page =
      query.q === undefined ? this.segments.search(tenantId, {}, query) : this.segments.find(tenantId, query.q, query);
    return this.#page(caller, await page);
  }

  /** The profiles that fit a rule. */
  @Can('read', 'Profile')
  @Post('search')
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: profilePageSchema })
  async search(@Body({ schema: searchSchema }) body: z.infer<typeof searchSchema>, @CurrentCaller() caller: Caller) {
    const { rule, limit = DEFAULT_LIMIT, cursor } = body;
    return this.#page(caller, await this.segments.search(caller.tenantId, { rule }, { limit, cursor }));
  }

  /** One profile. One that was merged away answers 308 to its successor. */
  @Can('read', 'Profile')
  @Get(':id')
  @ApiOkResponse({ standardSchema: profileSchema })
  @ApiPermanentRedirectResponse({ description: 'It is part of another profile now: see Location.' })
  async get(@Param('id') id: string, @CurrentCaller() caller: Caller, @Res({ passthrough: true }) reply: FastifyReply) {
    const found = await this.profiles.get(caller.tenantId, id);
    if ('mergedInto' in found) {
      reply.code(308).header('location', `/api/v1/profiles/${found.mergedInto}`);
      return { mergedInto: found.mergedInto };
    }
    reply.header('etag', entityTag(found.document.version));
    const [shown] = await this.shown.to(caller, [found.document]);
    return shown;
  }

  /** The timeline, newest first. */
  @Can('read', 'Profile')
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
  @Get(':id/segments')
  @ApiOkResponse({ standardSchema: profileSegmentSchema })
  async memberships(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    await this.profiles.get(tenantId, id);
    const segments = await this.segments.segmentsOf(tenantId, id);
    return { items: segments.map((segment) => ({ ...segment, since: iso(segment.since) })), nextCursor: null };
  }

  /** Merges that the profile was part of, oldest first. */
  @Can('read', 'Profile')
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

  async #page(caller: Caller, { items, nextCursor }: Page<ProfileDocument>) {
    return { items: await this.shown.to(caller, items), nextCursor };
  }
}
