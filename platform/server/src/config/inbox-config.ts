import { z } from 'zod';
import { wholeNumber } from './setting.js';

export const inboxSettings = z.object({
  CDP_INBOX_MAX_STREAMS: wholeNumber(1, 100_000)
    .prefault('2000')
    .describe('Most streams of in-app inboxes that are open at once for one tenant in a process. More: 429.'),
});

export interface InboxConfig {
  maxStreams: number;
}

export const inboxConfig = inboxSettings.transform((env): InboxConfig => ({ maxStreams: env.CDP_INBOX_MAX_STREAMS }));
