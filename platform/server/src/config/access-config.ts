import { z } from 'zod';
import { choice, duration, text } from './setting.js';

export const accessSettings = z.object({
  CDP_ADMIN_EMAIL: text('e-mail address', (value) => /^[^\s@]+@[^\s@]+$/.test(value), 'write an e-mail address')
    .prefault('admin@localhost')
    .describe('Login of the first platform admin.'),
  CDP_ADMIN_PASSWORD: text('at least 10 characters', (value) => value.length >= 10, 'write at least 10 characters')
    .optional()
    .meta({ secret: true, otherwise: 'made at the first start and printed once' })
    .describe('Password of the first platform admin. Read at the first start only.'),
  CDP_SESSION_TTL: duration().prefault('12h').describe('How long a login lasts.'),
  CDP_DEMO: choice('0', '1', 'tenant')
    .prefault('0')
    .describe(
      'Makes a demo tenant with keys and a login at the first start, and prints them at each. `1` with people, events, segments and a channel; `tenant` without. `npm start` sets it.',
    ),
});

export interface AccessConfig {
  adminEmail: string;
  adminPassword: string | undefined;
  sessionTtlMs: number;
  demo: 'none' | 'tenant' | 'data';
}

export const accessConfig = accessSettings.transform(
  (env): AccessConfig => ({
    adminEmail: env.CDP_ADMIN_EMAIL,
    adminPassword: env.CDP_ADMIN_PASSWORD,
    sessionTtlMs: env.CDP_SESSION_TTL,
    demo: ({ '0': 'none', tenant: 'tenant', '1': 'data' } as const)[env.CDP_DEMO],
  }),
);
