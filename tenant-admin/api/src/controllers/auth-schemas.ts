import { ROLES } from '@cdp/core/tenancy';
import { z } from 'zod';
import { timeSchema } from '../requests/instant.js';

const password = z.string().min(1).max(256);

export const loginSchema = z.strictObject({ email: z.string().min(1).max(254), password });

export const changePasswordSchema = z.strictObject({ currentPassword: password, newPassword: password });

export const meSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string().nullable(),
    platformAdmin: z.boolean(),
    mustChangePassword: z.boolean(),
    memberships: z.array(z.object({ tenantId: z.string(), role: z.enum(ROLES), personalData: z.boolean() })),
  })
  .meta({ id: 'Me' });

export const loginAnswerSchema = z
  .object({ accessToken: z.string(), expiresAt: timeSchema, user: meSchema })
  .meta({ id: 'Login' });

export const sessionSchema = z
  .object({
    id: z.string(),
    createdAt: timeSchema,
    expiresAt: timeSchema,
    address: z.string().nullable(),
    userAgent: z.string().nullable(),
    current: z.boolean(),
  })
  .meta({ id: 'Session' });
