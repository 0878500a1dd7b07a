import { CampaignService, TemplateService } from '@cdp/core/campaign';
import { ConsentService, SuppressionService } from '@cdp/core/consent';
import { ChannelService } from '@cdp/core/delivery';
import { ImportService, RejectedEventStore } from '@cdp/core/ingest';
import { Clock, Ids, Logger } from '@cdp/core/kernel';
import { EventStore, ProfileService } from '@cdp/core/profile';
import { AggregateService, AggregateValues, SegmentService } from '@cdp/core/segment';
import { CampaignReports } from '@cdp/core/tracking';
import { tenancyProviders } from '@cdp/tenant-admin-api';
import { type DynamicModule, Module } from '@nestjs/common';
import { LiveTail } from '../http/admin/live-tail.js';
import { LocalInboxes } from '../http/admin/local-inbox.js';
import { Health, Metrics } from '../operations/index.js';
import type { Platform } from './platform.js';

@Module({})
class PlatformModule {}

/** Offers what the platform is made of to controllers, each under its class. */
export function platformModule(platform: Platform, health: Health): DynamicModule {
  const { stores, pipeline, messaging } = platform;
  const providers = [
    { provide: Logger, useValue: platform.logger },
    { provide: Clock, useValue: platform.clock },
    { provide: Ids, useValue: platform.ids },
    { provide: Metrics, useValue: platform.metrics },
    { provide: Health, useValue: health },
    { provide: ProfileService, useValue: pipeline.profiles },
    { provide: SegmentService, useValue: pipeline.segments },
    { provide: AggregateService, useValue: pipeline.aggregates },
    { provide: AggregateValues, useValue: pipeline.aggregateValues },
    { provide: EventStore, useValue: stores.events },
    { provide: RejectedEventStore, useValue: stores.rejected },
    { provide: ImportService, useValue: platform.imports },
    { provide: LiveTail, useValue: platform.liveTail },
    { provide: ConsentService, useValue: messaging.consent },
    { provide: SuppressionService, useValue: messaging.suppressions },
    { provide: TemplateService, useValue: messaging.templates },
    { provide: CampaignService, useValue: messaging.campaigns },
    { provide: CampaignReports, useValue: messaging.reports },
    { provide: ChannelService, useValue: messaging.channels },
    { provide: LocalInboxes, useValue: platform.localInboxes },
    ...tenancyProviders(platform.tenancy, platform.access),
  ];
  return { module: PlatformModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
}
