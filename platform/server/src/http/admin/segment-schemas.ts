import { instantSchema, timeSchema } from '@cdp/tenant-admin-api';
import { z } from 'zod';
import { profileSchema, ruleSchema } from './profile-schemas.js';

export const newSegmentSchema = z.strictObject({ name: z.string().trim().min(1).max(200), rule: ruleSchema });
export const segmentChangeSchema = newSegmentSchema.partial();

export const segmentSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    rule: ruleSchema,
    version: z.int(),
    state: z.enum(['building', 'ready', 'failed']),
    problem: z.string().nullable().meta({ description: 'Why the last build failed.' }),
    size: z.int(),
    asOf: timeSchema,
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Segment' });

export const previewRequestSchema = z.strictObject({
  rule: ruleSchema,
  asOf: instantSchema.optional().meta({ description: 'Count windows back from this instant. Default: now.' }),
});

export const previewSchema = z
  .object({ count: z.int(), total: z.int(), sample: z.array(profileSchema), asOf: timeSchema, tookMs: z.number() })
  .meta({ id: 'SegmentPreview' });

export const memberSchema = z.object({ profileId: z.string(), since: timeSchema });

export const explainQuerySchema = z.object({ profileId: z.string().min(1).max(64) });

export const explanationSchema = z
  .object({
    rule: ruleSchema,
    answer: z.boolean(),
    seen: z.unknown().optional().meta({ description: 'What the condition looked at.' }),
    events: z.int().optional().meta({ description: 'Events that counted.' }),
    approximate: z.boolean().optional(),
    nextChangeAt: timeSchema.optional().meta({ description: 'When time alone may change the answer; absent: never.' }),
    children: z.array(z.record(z.string(), z.unknown())).optional().meta({ description: 'The same for each part.' }),
  })
  .meta({ id: 'Explanation' });
