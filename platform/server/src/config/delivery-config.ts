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
});

export interface DeliveryConfig {
  privateNetwork: 'allow' | 'deny' | undefined;
  plugins: string[];
}

export const deliveryConfig = deliverySettings.transform(
  (env): DeliveryConfig => ({ privateNetwork: env.CDP_PRIVATE_NETWORK, plugins: env.CDP_PLUGINS }),
);
