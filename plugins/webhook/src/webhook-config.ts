import { secret } from '@cdp/plugin-kit';
import { z } from 'zod';
import { readSigningKey } from './signature.js';

const signingSecret = z
  .string()
  .max(200)
  .refine((text) => readSigningKey(text) !== undefined, 'whsec_ followed by 24 to 64 random bytes in base64.');

/** Set by HTTP itself or by the signature. */
const RESERVED =
  /^(host|connection|content-length|transfer-encoding|keep-alive|te|trailer|upgrade|expect|proxy-.*|webhook-.*)$/i;

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'Not a header name.')
  .refine((name) => !RESERVED.test(name), 'This header is set by the platform.');

const headerValue = z.string().regex(/^[\x20-\x7e]{0,2000}$/, 'Printable ASCII on one line.');

export const webhookConfigSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .refine((url) => !hasCredentials(url), 'Credentials do not belong in a URL; send them in headers.')
    .meta({ title: 'URL', description: 'Takes a POST for each message and answers 2xx.' }),
  secret: secret(
    signingSecret.meta({
      title: 'Signing secret',
      description: 'Shared with the receiver, who checks the signature by it.',
    }),
  ),
  previousSecret: secret(
    signingSecret.optional().meta({
      title: 'Previous signing secret',
      description: 'While receivers change over, messages are signed with both.',
    }),
  ),
  headers: z
    .record(headerName, secret(headerValue))
    .optional()
    .meta({ title: 'Headers', description: 'Sent along with each message, such as Authorization.' }),
});

export type WebhookConfig = z.output<typeof webhookConfigSchema>;

function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}
