import { ChannelService } from '@cdp/core/delivery';
import { Can } from '@cdp/tenant-admin-api';
import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { pluginSchema } from './channel-schemas.js';

@ApiTags('channels')
@Controller('api/v1/plugins')
export class PluginsController {
  constructor(private readonly channels: ChannelService) {}

  /** What can be sent by, with the schemas that forms and editors are drawn from. */
  @Can('read', 'Channel')
  @ApiOperation({
    summary: 'The channel plugins that are installed, with the schemas of their configuration and content',
  })
  @Get()
  @ApiOkResponse({ standardSchema: z.array(pluginSchema) })
  list() {
    return this.channels.plugins();
  }
}
