import { Clock, Ids, Logger } from '@cdp/core/kernel';
import { tenancyProviders } from '@cdp/tenant-admin-api';
import { type DynamicModule, Module } from '@nestjs/common';
import { Health, Metrics } from '../operations/index.js';
import type { Platform } from './platform.js';
import { RequestSettings } from './request-settings.js';

@Module({})
class PlatformModule {}

/** Offers what the platform is made of to controllers, each under its class. */
export function platformModule(platform: Platform, health: Health): DynamicModule {
  const providers = [
    { provide: Logger, useValue: platform.logger },
    { provide: Clock, useValue: platform.clock },
    { provide: Ids, useValue: platform.ids },
    { provide: Metrics, useValue: platform.metrics },
    { provide: Health, useValue: health },
    ...tenancyProviders(platform.tenancy, new RequestSettings(platform)),
  ];
  return { module: PlatformModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
}
