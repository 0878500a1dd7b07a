import { ROLES } from '@cdp/core/tenancy';
import { z } from 'zod';
import { timeSchema } from '../requests/instant.js';
import { emailSchema } from './tenant-schemas.js';

const role = z.enum(ROLES);
const personalData = z.boolean().meta({ description: 'Grants an analyst the sight of personal data.' });

export const newUserSchema = z.strictObject({
  email: emailSchema,
  role,
  name: z.string().trim().min(1).max(200).optional(),
  personalData: personalData.optional(),
});

export const userChangeSchema = z.strictObject({ role: role.optional(), personalData: personalData.optional() });

export const userSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string().nullable(),
    role,
    personalData: z.boolean(),
    mustChangePassword: z.boolean(),
    version: z.int(),
    createdAt: timeSchema,
  })
  .meta({ id: 'User' });

export const createdUserSchema = userSchema
  .extend({
    temporaryPassword: z
      .string()
      .nullable()
      .meta({ description: 'Shown this once. Null when the person had an account already.' }),
  })
  .meta({ id: 'CreatedUser' });

export const passwordAnswerSchema = z.object({ temporaryPassword: z.string() }).meta({ id: 'TemporaryPassword' });
