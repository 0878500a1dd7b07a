import { pageQuerySchema, timeSchema } from '@cdp/tenant-admin-api';
import { z } from 'zod';

const content = z
  .record(z.string(), z.unknown())
  .meta({ description: 'As the content schema of the plugin says; Liquid in its templates.' });

export const templateSchema = z
  .object({
    id: z.string(),
    channel: z.string(),
    plugin: z.string(),
    name: z.string(),
    version: z.int(),
    content,
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Template' });

export const templateQuerySchema = pageQuerySchema.extend({ channel: z.string().max(40).optional() });

export const templatePreviewRequestSchema = z
  .strictObject({ profileId: z.string().min(1).max(64).optional() })
  .optional();

export const templatePreviewSchema = z
  .object({
    content,
    undefinedVariables: z
      .array(z.record(z.string(), z.unknown()))
      .meta({ description: 'Every variable that has no value, by name.' }),
  })
  .meta({ id: 'TemplatePreview' });
