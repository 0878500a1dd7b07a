import {
  type NewTemplate,
  newTemplateSchema,
  type Template,
  type TemplatePatch,
  TemplateService,
  templatePatchSchema,
} from '@cdp/core/campaign';
import {
  type Caller,
  Can,
  ChangesVersion,
  CurrentCaller,
  IfMatch,
  iso,
  pageSchema,
  requireVersion,
  showPage,
  Versioned,
} from '@cdp/tenant-admin-api';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import {
  templatePreviewRequestSchema,
  templatePreviewSchema,
  templateQuerySchema,
  templateSchema,
} from './template-schemas.js';

const show = ({ createdAt, updatedAt, ...template }: Template) => ({
  ...template,
  createdAt: iso(createdAt),
  updatedAt: iso(updatedAt),
});

@ApiTags('templates')
@Controller('api/v1/templates')
export class TemplatesController {
  constructor(private readonly templates: TemplateService) {}

  @Can('create', 'Template')
  @ApiOperation({ summary: 'Makes a template' })
  @Post()
  @Versioned()
  @ApiCreatedResponse({ standardSchema: templateSchema })
  async create(@Body({ schema: newTemplateSchema }) body: NewTemplate, @CurrentCaller() { tenantId }: Caller) {
    return show(await this.templates.create(tenantId, body));
  }

  @Can('read', 'Template')
  @ApiOperation({ summary: 'Templates of the tenant' })
  @Get()
  @ApiOkResponse({ standardSchema: pageSchema(templateSchema) })
  async list(
    @Query({ schema: templateQuerySchema }) query: z.infer<typeof templateQuerySchema>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    return showPage(await this.templates.list(tenantId, query), show);
  }

  @Can('read', 'Template')
  @ApiOperation({ summary: 'One template' })
  @Get(':id')
  @Versioned()
  @ApiOkResponse({ standardSchema: templateSchema })
  async get(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return show(await this.templates.get(tenantId, id));
  }

  /** A new version; campaigns that were launched keep the one they were launched with. */
  @Can('update', 'Template')
  @ApiOperation({ summary: 'Changes a template; campaigns under way keep what they were launched with' })
  @Put(':id')
  @ChangesVersion()
  @ApiOkResponse({ standardSchema: templateSchema })
  async update(
    @Param('id') id: string,
    @Body({ schema: templatePatchSchema }) body: TemplatePatch,
    @CurrentCaller() { tenantId }: Caller,
    @IfMatch() expected: number | undefined,
  ) {
    const { version } = await this.templates.get(tenantId, id);
    requireVersion(version, expected);
    return show(await this.templates.update(tenantId, id, body, version));
  }

  @Can('delete', 'Template')
  @ApiOperation({ summary: 'Deletes a template that no campaign needs' })
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async remove(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller): Promise<void> {
    await this.templates.delete(tenantId, id);
  }

  /** What a message would be for a person, or for nobody in particular. */
  @Can('read', 'PersonalData')
  @ApiOperation({ summary: 'A template as one person would get it, with every variable that is not defined' })
  @Post(':id/preview')
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: templatePreviewSchema })
  preview(
    @Param('id') id: string,
    @Body({ schema: templatePreviewRequestSchema }) body: z.infer<typeof templatePreviewRequestSchema>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    return this.templates.preview(tenantId, id, body ?? {});
  }
}
