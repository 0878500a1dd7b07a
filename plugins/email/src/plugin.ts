import { definePlugin } from '@cdp/plugin-kit';
import { emailConfigSchema } from './email-config.js';
import { emailContentSchema } from './email-content.js';
import { LocalChannel } from './providers/local.js';
import { SmtpChannel } from './providers/smtp.js';

export type { EmailContent } from './email-content.js';
export { LocalInbox, type LocalMail, type LocalMailPage } from './local-inbox.js';

export const plugin = definePlugin({
  manifest: {
    name: 'email',
    version: '0.1.0',
    channel: 'email',
    kit: '^1',
    displayName: 'E-mail',
    icon: '✉️',
    address: { trait: 'email' },
    capabilities: { batch: { max: 200 }, receipts: false, attachments: false, idempotent: false },
  },
  config: emailConfigSchema,
  content: emailContentSchema,
  open: (config, host) => (config.provider === 'smtp' ? new SmtpChannel(config, host) : new LocalChannel(config, host)),
});
