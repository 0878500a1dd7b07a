import { ImportService } from '@cdp/core/ingest';
import {
  type Caller,
  Can,
  CurrentCaller,
  type PageQuery,
  pageQuerySchema,
  pageSchema,
  showPage,
} from '@cdp/tenant-admin-api';
import { Controller, Get, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { importView } from '../write-api/index.js';
import { importSchema } from './import-schema.js';

@ApiTags('imports')
@Controller('api/v1/imports')
export class ImportsController {
  constructor(private readonly imports: ImportService) {}

  @Can('read', 'Import')
  @ApiOperation({ summary: 'Bulk imports of the tenant' })
  @Get()
  @ApiOkResponse({ standardSchema: pageSchema(importSchema) })
  async list(@Query({ schema: pageQuerySchema }) query: PageQuery, @CurrentCaller() { tenantId }: Caller) {
    return showPage(await this.imports.list(tenantId, query), (job) => importView(job, '/api/v1/imports'));
  }

  @Can('read', 'Import')
  @ApiOperation({ summary: 'State and counts of an import' })
  @Get(':id')
  @ApiOkResponse({ standardSchema: importSchema })
  async get(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return importView(await this.imports.get(tenantId, id), '/api/v1/imports');
  }

  /** The rows that were not taken, with the reason for each. */
  @Can('read', 'RejectedEvent')
  @ApiOperation({ summary: 'The rows that were not taken, with the reason for each' })
  @Get(':id/rejected')
  @ApiProduces('application/x-ndjson')
  @ApiOkResponse({ schema: { type: 'string' } })
  async rejected(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller): Promise<StreamableFile> {
    return new StreamableFile(await this.imports.rejectedRows(tenantId, id), { type: 'application/x-ndjson' });
  }
}
