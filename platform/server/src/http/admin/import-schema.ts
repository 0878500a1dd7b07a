import { timeSchema } from '@cdp/tenant-admin-api';
import { z } from 'zod';

export const importSchema = z.object({
  id: z.string(),
  state: z.enum(['queued', 'running', 'completed', 'failed']),
  format: z.enum(['csv', 'ndjson']),
  bytes: z.int(),
  rows: z.int(),
  accepted: z.int(),
  rejected: z.int(),
  problem: z.string().optional(),
  createdAt: timeSchema,
  finishedAt: timeSchema.nullable(),
  rejectedRows: z.string(),
});
