import { type Explanation, SegmentService, type SizedSegment } from '@cdp/core/segment';
import {
  type Caller,
  Can,
  ChangesVersion,
  CurrentCaller,
  IfMatch,
  iso,
  type PageQuery,
  pageQuerySchema,
  pageSchema,
  requireVersion,
  showPage,
  Versioned,
} from '@cdp/tenant-admin-api';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { z } from 'zod';
import { ProfilesShown } from './profiles-shown.js';
import {
  explainQuerySchema,
  explanationSchema,
  memberSchema,
  newSegmentSchema,
  previewRequestSchema,
  previewSchema,
  segmentChangeSchema,
  segmentSchema,
} from './segment-schemas.js';

const show = ({ segment, size, asOf }: SizedSegment) => ({
  id: segment.id,
  name: segment.name,
  rule: segment.rule,
  version: segment.version,
  state: segment.state,
  problem: segment.problem,
  size,
  asOf: iso(asOf),
  createdAt: iso(segment.createdAt),
  updatedAt: iso(segment.updatedAt),
});

const showExplanation = ({ nextChangeAt, children, ...node }: Explanation): object => ({
  ...node,
  ...(nextChangeAt === undefined ? {} : { nextChangeAt: iso(nextChangeAt) }),
  ...(children ? { children: children.map(showExplanation) } : {}),
});

@ApiTags('segments')
@Controller('api/v1/segments')
export class SegmentsController {
  constructor(
    private readonly segments: SegmentService,
    private readonly profiles: ProfilesShown,
  ) {}

  /** Makes a segment and begins to build it. */
  @Can('create', 'Segment')
  @ApiOperation({ summary: 'Makes a segment and begins to build it' })
  @Post()
  @Versioned()
  @ApiCreatedResponse({ standardSchema: segmentSchema })
  async create(
    @Body({ schema: newSegmentSchema }) body: z.infer<typeof newSegmentSchema>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    return show(await this.segments.create(tenantId, body));
  }

  @Can('read', 'Segment')
  @ApiOperation({ summary: 'Segments of the tenant' })
  @Get()
  @ApiOkResponse({ standardSchema: pageSchema(segmentSchema) })
  async list(@Query({ schema: pageQuerySchema }) query: PageQuery, @CurrentCaller() { tenantId }: Caller) {
    return showPage(await this.segments.list(tenantId, query), show);
  }

  /** How many people fit a rule, and some of them. */
  @Can('read', 'Segment')
  @ApiOperation({ summary: 'How many people fit a rule, and some of them' })
  @Post('preview')
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: previewSchema })
  async preview(
    @Body({ schema: previewRequestSchema }) body: z.infer<typeof previewRequestSchema>,
    @CurrentCaller() caller: Caller,
  ) {
    const { count, total, sample, asOf, tookMs } = await this.segments.preview(caller.tenantId, body);
    return { count, total, sample: await this.profiles.to(caller, sample), asOf: iso(asOf), tookMs };
  }

  @Can('read', 'Segment')
  @ApiOperation({ summary: 'One segment, with its size and as of when' })
  @Get(':id')
  @Versioned()
  @ApiOkResponse({ standardSchema: segmentSchema })
  async get(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return show(await this.segments.get(tenantId, id));
  }

  /** Changes name, rule or both. The members stay those of the old rule until the new one is built. */
  @Can('update', 'Segment')
  @ApiOperation({ summary: 'Changes a segment, which is built anew where its rule changes' })
  @Put(':id')
  @ChangesVersion()
  @ApiOkResponse({ standardSchema: segmentSchema })
  async update(
    @Param('id') id: string,
    @Body({ schema: segmentChangeSchema }) { name, rule }: z.infer<typeof segmentChangeSchema>,
    @CurrentCaller() { tenantId }: Caller,
    @IfMatch() expected: number | undefined,
  ) {
    const { segment } = await this.segments.get(tenantId, id);
    requireVersion(segment.version, expected);
    const change = { ...(name === undefined ? {} : { name }), ...(rule === undefined ? {} : { rule }) };
    return show(await this.segments.update(tenantId, id, change, segment.version));
  }

  @Can('delete', 'Segment')
  @ApiOperation({ summary: 'Deletes a segment that nothing else needs; its members leave it' })
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async remove(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller): Promise<void> {
    await this.segments.delete(tenantId, id);
  }

  /** Builds the segment anew from all profiles and events. */
  @Can('run', 'Segment')
  @ApiOperation({ summary: 'Builds a segment anew' })
  @Post(':id/build')
  @HttpCode(202)
  @ApiAcceptedResponse({ standardSchema: segmentSchema })
  async build(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return show(await this.segments.build(tenantId, id));
  }

  @Can('read', 'Segment')
  @ApiOperation({ summary: 'Members of a segment, and since when' })
  @Get(':id/members')
  @ApiOkResponse({ standardSchema: pageSchema(memberSchema) })
  async members(
    @Param('id') id: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    const page = await this.segments.members(tenantId, id, query);
    return showPage(page, ({ profileId, since }) => ({ profileId, since: iso(since) }));
  }

  /** Why a person is in the segment or is not: the rule with the answer of each part. */
  @Can('read', 'PersonalData')
  @ApiOperation({ summary: 'Why a person is in a segment or not' })
  @Get(':id/explain')
  @ApiOkResponse({ standardSchema: explanationSchema })
  async explain(
    @Param('id') id: string,
    @Query({ schema: explainQuerySchema }) { profileId }: z.infer<typeof explainQuerySchema>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    return showExplanation(await this.segments.explain(tenantId, id, profileId));
  }
}
