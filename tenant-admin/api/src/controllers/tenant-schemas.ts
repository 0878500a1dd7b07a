import { tenantSettingsPatchSchema, tenantSettingsSchema } from '@cdp/core/tenancy';
import { z } from 'zod';
import { timeSchema } from '../requests/instant.js';

const name = z.string().trim().min(1).max(200);

export const emailSchema = z
  .string()
  .trim()
  .max(254)
  .regex(/^[^\s@]+@[^\s@]+$/, 'An e-mail address.');

export const newTenantSchema = z.strictObject({
  name,
  owner: z.strictObject({ email: emailSchema, name: name.optional() }),
});

export const tenantChangeSchema = z.strictObject({
  name: name.optional(),
  state: z.enum(['active', 'suspended']).optional(),
  settings: tenantSettingsPatchSchema.optional(),
});

export const tenantSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(['active', 'suspended', 'deleted']),
    settings: tenantSettingsSchema,
    version: z.int(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Tenant' });

export const createdTenantSchema = tenantSchema
  .extend({
    owner: z.object({
      id: z.string(),
      email: z.string(),
      temporaryPassword: z.string().nullable().meta({ description: 'Null when the owner had an account already.' }),
    }),
  })
  .meta({ id: 'CreatedTenant' });
