import { aggregateJsonSchema } from '@cdp/core/segment';
import { timeSchema } from '@cdp/tenant-admin-api';
import { z } from 'zod';

export const aggregateInputSchema = z.record(z.string(), z.unknown()).meta({
  id: 'AggregateInput',
  description:
    'A figure over the events of a profile, such as `{"name": "orders_30d", "event": "Order Completed", "measure": "count", "within": {"last": "30d"}}`.',
  ...aggregateJsonSchema(),
});

export const aggregateSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    event: z.string(),
    where: z.record(z.string(), z.unknown()).optional(),
    measure: z.string(),
    property: z.string().optional(),
    within: z.record(z.string(), z.unknown()).optional(),
    version: z.int(),
    asOf: timeSchema.meta({ description: 'Its figures hold as of now: they are kept as events come.' }),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Aggregate' });
