import { ruleJsonSchema } from '@cdp/core/segment';
import { instantSchema, pageQuerySchema, pageSchema, timeSchema } from '@cdp/tenant-admin-api';
import { z } from 'zod';

const values = z.record(z.string(), z.unknown());

export const profileSchema = z
  .object({
    id: z.string(),
    identifiers: z.array(z.object({ type: z.string(), value: z.string() })),
    traits: values,
    aggregates: values.meta({
      description: 'Figures by the names of the tenant’s aggregates; `null` where there is none.',
    }),
    asOf: timeSchema.meta({ description: 'As of when the aggregates hold.' }),
    devices: z.array(
      z.object({
        token: z.string(),
        platform: z.string(),
        name: z.string().optional(),
        registeredAt: timeSchema,
        lastSeenAt: timeSchema,
      }),
    ),
    consents: z.array(
      z.object({ channel: z.string(), purpose: z.string().optional(), status: z.string(), at: timeSchema }),
    ),
    firstSeenAt: timeSchema,
    lastSeenAt: timeSchema,
    version: z.int(),
  })
  .meta({ id: 'Profile' });

export const profilePageSchema = pageSchema(profileSchema);

export const profileQuerySchema = pageQuerySchema.extend({
  identifier: z
    .string()
    .max(600)
    .optional()
    .meta({ description: 'Type, colon, value, such as `userId:42`: the one profile that has it, or none.' }),
  q: z.string().max(200).optional().meta({ description: 'Part of an identifier or of a text trait.' }),
});

export const ruleSchema = z.record(z.string(), z.unknown()).meta({
  id: 'Rule',
  description: 'A rule of the segment language, such as `{"trait": "plan", "op": "eq", "value": "pro"}`.',
  ...ruleJsonSchema('#/components/schemas/Rule'),
});

export const searchSchema = z.strictObject({
  rule: ruleSchema.optional().meta({ description: 'Left out: everybody.' }),
  limit: z.int().min(1).max(1_000).optional().meta({ description: '50 when left out.' }),
  cursor: z.string().max(2_000).optional(),
});

export const timelineQuerySchema = pageQuerySchema.extend({
  name: z.string().max(255).optional().meta({ description: 'Events of this name alone.' }),
  from: instantSchema.optional(),
  to: instantSchema.optional(),
});

export const timelineItemSchema = z
  .object({
    messageId: z.string(),
    type: z.string(),
    name: z.string(),
    timestamp: timeSchema,
    receivedAt: timeSchema,
    properties: values,
    context: values,
    source: z.string().meta({ description: 'Id of the app; `platform` for what the platform itself noted.' }),
  })
  .meta({ id: 'TimelineItem' });

export const profileSegmentSchema = z.object({
  items: z.array(z.object({ id: z.string(), name: z.string(), since: timeSchema })),
  nextCursor: z.null(),
});

export const mergeSchema = z.strictObject({ with: z.string().min(1).max(64) });
export const unmergeSchema = z.strictObject({ mergeId: z.string().min(1).max(64) });

export const mergeReceiptSchema = z
  .object({
    id: z.string(),
    state: z.enum(['pending', 'done']),
    winner: z.string(),
    loser: z.string(),
    undone: z.boolean(),
  })
  .meta({ id: 'MergeReceipt' });

export const mergeEntrySchema = z.object({
  id: z.string(),
  winner: z.string(),
  loser: z.string(),
  at: timeSchema,
  cause: z.string(),
  undone: z.boolean(),
});

export const erasureReceiptSchema = z
  .object({
    id: z.string(),
    profileId: z.string(),
    state: z.enum(['pending', 'done']),
    requestedAt: timeSchema,
    stores: z.array(z.object({ store: z.string(), what: z.string(), at: timeSchema })),
  })
  .meta({ id: 'ErasureReceipt' });
