import { z } from 'zod';
import { choice, list } from './setting.js';

export const deliverySettings = z.object({
  CDP_PRIVATE_NETWORK: choice('allow', 'deny')
    .optional()
    .meta({ otherwise: '`allow` while HOST is a loopback address, else `deny`' })
    .describe('Whether webhooks, SMTP and streams may reach private, loopback and link-local addresses.'),
  CDP_PLUGINS: list(
    'comma-separated package names',
    (item) => /^[@a-z0-9][@a-z0-9._/-]*$/.test(item),
    'write package names separated by commas',
  )
    .prefault('@cdp/plugin-email,@cdp/plugin-webhook,@cdp/plugin-in-app')
    .describe('Channel plugins to load. One that is unfit stops the start with the reason.'),
  CDP_DELIVER_CHANNELS: list(
    'all, or comma-separated kinds of channels',
    (item) => /^[a-z][a-z0-9-]{0,39}$/.test(item),
    'write all, or kinds of channels such as email,webhook',
  )
    .refine((kinds) => kinds.length > 0, 'write all, or kinds of channels such as email,webhook')
    .prefault('all')
    .describe(
      'Kinds of channels that role `deliver` of this process sends by; each needs a plugin. On the production engines some processes may take some kinds alone.',
    ),
});

export interface DeliveryConfig {
  privateNetwork: 'allow' | 'deny' | undefined;
  plugins: string[];
  /** Kinds of channels to send by; undefined for all that have a plugin. */
  channels: string[] | undefined;
}

export const deliveryConfig = deliverySettings.transform(
  (env): DeliveryConfig => ({
    privateNetwork: env.CDP_PRIVATE_NETWORK,
    plugins: env.CDP_PLUGINS,
    channels: env.CDP_DELIVER_CHANNELS.includes('all') ? undefined : [...new Set(env.CDP_DELIVER_CHANNELS)],
  }),
);
