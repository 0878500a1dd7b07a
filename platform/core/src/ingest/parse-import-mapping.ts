import { z } from 'zod';
import { CdpError } from '../kernel/index.js';
import type { ImportMapping } from './import-mapping.js';

const column = z.string().min(1).max(255);
const values = z.record(
  z.string().min(1).max(255),
  z.strictObject({ column, type: z.enum(['string', 'number', 'boolean', 'time', 'json']).optional() }),
);

/** The mapping of an import as it is sent: see `ImportMapping`. */
export const importMappingSchema = z
  .strictObject({
    type: z.enum(['track', 'identify']),
    userId: column.optional(),
    anonymousId: column.optional(),
    messageId: column.optional(),
    timestamp: z.strictObject({ column, format: z.string().min(1).max(64).optional() }).optional(),
    event: z.union([z.string().min(1).max(255), z.strictObject({ column })]).optional(),
    traits: values.optional(),
    properties: values.optional(),
  })
  .refine((mapping) => mapping.userId !== undefined || mapping.anonymousId !== undefined, {
    path: ['userId'],
    message: 'Name the column of the user id (userId) or of the anonymous id (anonymousId).',
  })
  .refine((mapping) => mapping.type !== 'track' || mapping.event !== undefined, {
    path: ['event'],
    message: 'Name the event, as a text or as {column}.',
  });

/** All mistakes together, each with its path below `mapping`. */
export function parseImportMapping(input: unknown): ImportMapping {
  const parsed = importMappingSchema.safeParse(input);
  if (parsed.success) return parsed.data as ImportMapping;
  throw new CdpError('invalid', 'The mapping of the import has mistakes.', {
    errors: parsed.error.issues.map(({ path, message }) => ({ path: ['mapping', ...path].join('.'), message })),
  });
}
