import { secret } from '@cdp/plugin-kit';
import { z } from 'zod';
import { parseSender } from './email-address.js';

const sender = z
  .string()
  .max(320)
  .refine((text) => parseSender(text) !== undefined, 'One address, with or without a name: Shop <news@shop.example>.')
  .meta({ title: 'From', description: 'Sender of every message: news@shop.example or Shop <news@shop.example>.' });

const hostname = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,253}$/, 'A host name or an IP address, without a scheme and without a port.')
  .meta({ title: 'Host' });

export const smtpConfigSchema = z.strictObject({
  provider: z.literal('smtp'),
  host: hostname,
  port: z.int().min(1).max(65_535).meta({ title: 'Port', description: '587 with STARTTLS, 465 with TLS, as a rule.' }),
  security: z.enum(['none', 'starttls', 'tls']).meta({
    title: 'Security',
    description: 'none: in clear. starttls: refuses to go on in clear. tls: encrypted from the first byte.',
  }),
  username: z.string().min(1).max(320).optional().meta({ title: 'User name' }),
  password: secret(z.string().min(1).max(1024).optional().meta({ title: 'Password' })),
  from: sender,
  maxConnections: z
    .int()
    .min(1)
    .max(100)
    .default(10)
    .meta({ title: 'Connections', description: 'The most that are open at once. Ask your provider what it allows.' }),
  ca: z.string().startsWith('-----BEGIN CERTIFICATE-----').max(100_000).optional().meta({
    title: 'Certificate authority',
    description: 'PEM, for a server whose certificate a private authority signed.',
  }),
});

export const localConfigSchema = z.strictObject({ provider: z.literal('local'), from: sender });

export const emailConfigSchema = z
  .discriminatedUnion('provider', [smtpConfigSchema, localConfigSchema])
  .superRefine((config, context) => {
    if (config.provider !== 'smtp') return;
    if ((config.username === undefined) !== (config.password === undefined)) {
      const missing = config.username === undefined ? 'username' : 'password';
      context.addIssue({
        code: 'custom',
        path: [missing],
        message: 'User name and password come together or not at all.',
      });
    }
  });

export type SmtpConfig = z.output<typeof smtpConfigSchema>;
export type LocalConfig = z.output<typeof localConfigSchema>;
