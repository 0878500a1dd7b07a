import { definePlugin } from '@cdp/plugin-kit';
import { WebhookChannel } from './webhook-channel.js';
import { webhookConfigSchema } from './webhook-config.js';
import { webhookContentSchema } from './webhook-content.js';

export const plugin = definePlugin({
  manifest: {
    name: 'webhook',
    version: '0.1.0',
    channel: 'webhook',
    kit: '^1',
    displayName: 'Webhook',
    icon: '🪝',
    docs: 'https://www.standardwebhooks.com',
    // Receivers drop an id that they have seen, as the specification has them do.
    capabilities: { batch: { max: 100 }, receipts: false, attachments: false, idempotent: true },
  },
  config: webhookConfigSchema,
  content: webhookContentSchema,
  open: (config) => new WebhookChannel(config),
});
