import { PersonalView, TenantAdminModule } from '@cdp/tenant-admin-api';
import { Module } from '@nestjs/common';
import { AggregatesController } from '../http/admin/aggregates.controller.js';
import { CampaignsController } from '../http/admin/campaigns.controller.js';
import { ChannelsController } from '../http/admin/channels.controller.js';
import { ConsentController } from '../http/admin/consent.controller.js';
import { EventsController } from '../http/admin/events.controller.js';
import { ImportsController } from '../http/admin/imports.controller.js';
import { LocalInboxController } from '../http/admin/local-inbox.controller.js';
import { PluginsController } from '../http/admin/plugins.controller.js';
import { ProfileMessagesController } from '../http/admin/profile-messages.controller.js';
import { ProfilesController } from '../http/admin/profiles.controller.js';
import { ProfilesShown } from '../http/admin/profiles-shown.js';
import { ReceiptsController } from '../http/admin/receipts.controller.js';
import { SegmentsController } from '../http/admin/segments.controller.js';
import { SuppressionsController } from '../http/admin/suppressions.controller.js';
import { TemplatesController } from '../http/admin/templates.controller.js';
import { addProfileReads } from '../http/profile-reads/index.js';
import type { Role } from './role.js';

@Module({
  imports: [TenantAdminModule],
  providers: [ProfilesShown],
  controllers: [
    ProfilesController,
    ProfileMessagesController,
    ReceiptsController,
    EventsController,
    SegmentsController,
    AggregatesController,
    TemplatesController,
    CampaignsController,
    ChannelsController,
    PluginsController,
    ConsentController,
    SuppressionsController,
    ImportsController,
    LocalInboxController,
  ],
})
class AdminModule {}

export const adminRole: Role = {
  name: 'admin',
  module: AdminModule,
  doors: ({ access, pipeline, tenancy, logger }, fastify) =>
    addProfileReads(fastify, {
      access,
      profiles: pipeline.profiles,
      segments: pipeline.segments,
      shown: new ProfilesShown(pipeline.aggregateValues, new PersonalView(tenancy.directory)),
      logger,
    }),
};
