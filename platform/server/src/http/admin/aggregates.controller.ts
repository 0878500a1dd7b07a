import { Clock } from '@cdp/core/kernel';
import { type Aggregate, AggregateService } from '@cdp/core/segment';
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
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { aggregateInputSchema, aggregateSchema } from './aggregate-schemas.js';

@ApiTags('aggregates')
@Controller('api/v1/aggregates')
export class AggregatesController {
  constructor(
    private readonly aggregates: AggregateService,
    private readonly clock: Clock,
  ) {}

  /** Names a figure over the events of each profile: profiles show it, and rules and templates can use it, at once. */
  @Can('create', 'Aggregate')
  @ApiOperation({ summary: 'Names a figure over the events of each person' })
  @Post()
  @Versioned()
  @ApiCreatedResponse({ standardSchema: aggregateSchema })
  async create(
    @Body({ schema: aggregateInputSchema }) body: z.infer<typeof aggregateInputSchema>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    return this.#show(await this.aggregates.create(tenantId, body));
  }

  @Can('read', 'Aggregate')
  @ApiOperation({ summary: 'Aggregates of the tenant' })
  @Get()
  @ApiOkResponse({ standardSchema: pageSchema(aggregateSchema) })
  async list(@Query({ schema: pageQuerySchema }) query: PageQuery, @CurrentCaller() { tenantId }: Caller) {
    return showPage(await this.aggregates.list(tenantId, query), (aggregate) => this.#show(aggregate));
  }

  @Can('read', 'Aggregate')
  @ApiOperation({ summary: 'One aggregate' })
  @Get(':id')
  @Versioned()
  @ApiOkResponse({ standardSchema: aggregateSchema })
  async get(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return this.#show(await this.aggregates.get(tenantId, id));
  }

  /** Replaces the definition. Segments that ask the aggregate are built anew where it counts otherwise than before. */
  @Can('update', 'Aggregate')
  @ApiOperation({ summary: 'Changes an aggregate; segments that ask it are built anew' })
  @Put(':id')
  @ChangesVersion()
  @ApiOkResponse({ standardSchema: aggregateSchema })
  async update(
    @Param('id') id: string,
    @Body({ schema: aggregateInputSchema }) body: z.infer<typeof aggregateInputSchema>,
    @CurrentCaller() { tenantId }: Caller,
    @IfMatch() expected: number | undefined,
  ) {
    const { version } = await this.aggregates.get(tenantId, id);
    requireVersion(version, expected);
    return this.#show(await this.aggregates.update(tenantId, id, body, version));
  }

  /** Refused with the list of segments while there are any that ask it. */
  @Can('delete', 'Aggregate')
  @ApiOperation({ summary: 'Deletes an aggregate that no segment asks' })
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async remove(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller): Promise<void> {
    await this.aggregates.delete(tenantId, id);
  }

  #show({ id, definition, version, createdAt, updatedAt }: Aggregate) {
    return {
      id,
      ...definition,
      version,
      asOf: iso(this.clock.now()),
      createdAt: iso(createdAt),
      updatedAt: iso(updatedAt),
    };
  }
}
