import { definePlugin } from '@cdp/plugin-kit';
import { InAppChannel } from './in-app-channel.js';
import { inAppConfigSchema } from './in-app-config.js';
import { inAppContentSchema } from './in-app-content.js';

export type { InAppContent } from './in-app-content.js';

export const plugin = definePlugin({
  manifest: {
    name: 'in-app',
    version: '0.1.0',
    channel: 'in-app',
    kit: '^1.1',
    displayName: 'In-app message',
    icon: '🔔',
    // No address: every person has an inbox.
    capabilities: { batch: { max: 500 }, receipts: false, attachments: false, idempotent: true },
  },
  config: inAppConfigSchema,
  content: inAppContentSchema,
  open: (config, host) => new InAppChannel(config, host),
});
