import { parseDuration } from '@cdp/core/kernel';
import { ipRangeSchema, originSchema } from '@cdp/core/tenancy';
import { z } from 'zod';
import { instantSchema, timeSchema } from '../requests/instant.js';

const rate = z.int().min(1).max(1_000_000).nullable();

const limitsSchema = z.strictObject({
  requestsPerSecond: rate.optional(),
  eventsPerSecond: rate.optional(),
  eventsPerDay: z.int().min(1).max(1_000_000_000_000).nullable().optional(),
});

const fields = {
  name: z.string().trim().min(1).max(200),
  allowedOrigins: z.array(originSchema).max(100).optional(),
  allowedIps: z.array(ipRangeSchema).max(200).optional(),
  expiresAt: instantSchema.nullable().optional(),
  limits: limitsSchema.optional(),
};

export const newAppSchema = z.strictObject({ ...fields, kind: z.enum(['server', 'public']) });

export const appChangeSchema = z.strictObject({ ...fields, name: fields.name.optional() });

export const rotateSchema = z
  .strictObject({
    previousValidFor: z
      .string()
      .refine((text) => parseDuration(text) !== undefined, 'A duration, such as 24h, 30m or 0s.')
      .optional()
      .meta({
        description:
          'How long the secret before stays good: a duration such as `24h`; `0s` ends it at once. Default: until the next rotation.',
      }),
  })
  .optional();

export const appSchema = z
  .object({
    id: z.string(),
    appKey: z.string(),
    name: z.string(),
    kind: z.enum(['server', 'public']),
    allowedOrigins: z.array(z.string()),
    allowedIps: z.array(z.string()),
    expiresAt: timeSchema.nullable(),
    limits: limitsSchema,
    secrets: z.array(z.object({ id: z.string(), createdAt: timeSchema, expiresAt: timeSchema.nullable() })),
    version: z.int(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'App' });

export const createdAppSchema = appSchema
  .extend({ secretKey: z.string().meta({ description: 'Shown this once.' }) })
  .meta({ id: 'CreatedApp' });
