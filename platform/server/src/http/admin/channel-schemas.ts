import { timeSchema } from '@cdp/tenant-admin-api';
import { z } from 'zod';

const jsonSchema = z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema.' });

export const pluginSchema = z
  .object({
    channel: z.string(),
    name: z.string(),
    version: z.string(),
    displayName: z.string(),
    icon: z.string().optional(),
    docs: z.string().optional(),
    capabilities: z.record(z.string(), z.unknown()),
    configSchema: jsonSchema,
    contentSchema: jsonSchema,
  })
  .meta({ id: 'Plugin' });

export const channelSchema = z
  .object({
    id: z.string(),
    channel: z.string(),
    plugin: z.string(),
    name: z.string(),
    config: z.record(z.string(), z.unknown()).meta({ description: 'Secrets are masked.' }),
    state: z.enum(['enabled', 'disabled']),
    disabledReason: z.string().nullable(),
    failingSince: timeSchema.nullable(),
    callbackUrl: z.string().meta({ description: 'Where the provider is to post its events.' }),
    version: z.int(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Channel' });

export const channelTestSchema = z
  .object({ ok: z.boolean(), detail: z.string().optional(), reason: z.string().optional() })
  .meta({ id: 'ChannelTest' });
