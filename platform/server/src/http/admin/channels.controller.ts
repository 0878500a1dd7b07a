import {
  type ChannelPatch,
  ChannelService,
  type ChannelView,
  channelPatchSchema,
  type NewChannel,
  newChannelSchema,
} from '@cdp/core/delivery';
import {
  AccessSettings,
  type Caller,
  Can,
  ChangesVersion,
  CurrentCaller,
  IfMatch,
  iso,
  isoOrNull,
  type PageQuery,
  pageQuerySchema,
  pageSchema,
  requireVersion,
  showPage,
  Versioned,
} from '@cdp/tenant-admin-api';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { channelSchema, channelTestSchema } from './channel-schemas.js';

@ApiTags('channels')
@Controller('api/v1/channels')
export class ChannelsController {
  constructor(
    private readonly channels: ChannelService,
    private readonly settings: AccessSettings,
  ) {}

  /** Sets a plugin up with the tenant's own account at a provider. */
  @Can('create', 'Channel')
  @ApiOperation({ summary: 'Configures a channel plugin for the tenant' })
  @Post()
  @Versioned()
  @ApiCreatedResponse({ standardSchema: channelSchema })
  async create(@Body({ schema: newChannelSchema }) body: NewChannel, @CurrentCaller() { tenantId }: Caller) {
    return this.#show(await this.channels.create(tenantId, body));
  }

  @Can('read', 'Channel')
  @ApiOperation({ summary: 'Configured channels; secrets are masked' })
  @Get()
  @ApiOkResponse({ standardSchema: pageSchema(channelSchema) })
  async list(@Query({ schema: pageQuerySchema }) query: PageQuery, @CurrentCaller() { tenantId }: Caller) {
    return showPage(await this.channels.list(tenantId, query), (channel) => this.#show(channel));
  }

  @Can('read', 'Channel')
  @ApiOperation({ summary: 'One configured channel' })
  @Get(':id')
  @Versioned()
  @ApiOkResponse({ standardSchema: channelSchema })
  async get(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return this.#show(await this.channels.get(tenantId, id));
  }

  /** A masked secret in the configuration means: as it was. */
  @Can('update', 'Channel')
  @ApiOperation({ summary: 'Changes a configuration; secrets left masked stay as they are' })
  @Put(':id')
  @ChangesVersion()
  @ApiOkResponse({ standardSchema: channelSchema })
  async update(
    @Param('id') id: string,
    @Body({ schema: channelPatchSchema }) body: ChannelPatch,
    @CurrentCaller() { tenantId }: Caller,
    @IfMatch() expected: number | undefined,
  ) {
    const { version } = await this.channels.get(tenantId, id);
    requireVersion(version, expected);
    return this.#show(await this.channels.update(tenantId, id, body, version));
  }

  @Can('delete', 'Channel')
  @ApiOperation({ summary: 'Deletes a channel that no campaign needs' })
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async remove(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller): Promise<void> {
    await this.channels.delete(tenantId, id);
  }

  /** Tries the account without sending anything to a person. */
  @Can('run', 'Channel')
  @ApiOperation({ summary: 'Asks the plugin whether the configuration works' })
  @Post(':id/test')
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: channelTestSchema })
  test(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    return this.channels.test(tenantId, id);
  }

  #show({ failingSince, disabledReason, createdAt, updatedAt, ...channel }: ChannelView) {
    return {
      ...channel,
      disabledReason: disabledReason ?? null,
      failingSince: isoOrNull(failingSince ?? null),
      callbackUrl: `${this.settings.publicUrl}/callbacks/${channel.id}`,
      createdAt: iso(createdAt),
      updatedAt: iso(updatedAt),
    };
  }
}
