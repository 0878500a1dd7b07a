import { z } from 'zod';
import { wholeNumber } from './setting.js';

export const segmentSettings = z.object({
  CDP_AGGREGATES_PER_TENANT: wholeNumber(0, 10_000)
    .prefault('100')
    .describe('Most named aggregates of a tenant: each is kept on every profile that has events for it. More: 409.'),
});

export interface SegmentConfig {
  aggregatesPerTenant: number;
}

export const segmentConfig = segmentSettings.transform(
  (env): SegmentConfig => ({ aggregatesPerTenant: env.CDP_AGGREGATES_PER_TENANT }),
);
