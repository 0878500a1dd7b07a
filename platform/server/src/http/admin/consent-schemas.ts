import { SUPPRESSION_REASONS } from '@cdp/core/consent';
import { instantSchema, pageQuerySchema, timeSchema } from '@cdp/tenant-admin-api';
import { z } from 'zod';

const channel = z.string().min(1).max(40);
const topic = z.string().max(100).optional().meta({ description: 'Left out: the channel as a whole.' });

export const policySchema = z
  .strictObject({
    channel,
    topic,
    mode: z.enum(['opt_in', 'opt_out']).meta({
      description: '`opt_in`: nothing is sent until the person agreed. `opt_out`: until the person objected.',
    }),
  })
  .meta({ id: 'ConsentPolicy' });

export const policyQuerySchema = z.object({ channel, topic });

const status = z.enum(['granted', 'denied', 'pending']);

export const newConsentsSchema = z.strictObject({
  consents: z
    .array(
      z.strictObject({ channel, topic, status, at: instantSchema.optional(), source: z.string().max(100).optional() }),
    )
    .min(1)
    .max(100),
});

export const consentSchema = z
  .object({ channel, topic: z.string(), status, at: timeSchema, source: z.string() })
  .meta({ id: 'Consent' });

export const newSuppressionSchema = z.strictObject({
  channel,
  address: z.string().min(1).max(320).optional(),
  addressHash: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Where the address itself is not known any more.' }),
  reason: z.enum(SUPPRESSION_REASONS).optional(),
});

export const suppressionSchema = z
  .object({
    channel,
    addressHash: z.string(),
    address: z.string().optional(),
    reason: z.enum(SUPPRESSION_REASONS),
    source: z.string(),
    at: timeSchema,
  })
  .meta({ id: 'Suppression' });

export const suppressionQuerySchema = pageQuerySchema.extend({ channel: channel.optional() });

export const suppressionRemovalSchema = z.object({
  channel,
  address: z.string().min(1).max(320).optional(),
  addressHash: z.string().min(1).max(100).optional(),
});
