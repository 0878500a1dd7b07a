import type { InboxMessage } from '@cdp/core/delivery';
import { iso, isoOrNull, timeSchema } from '@cdp/tenant-admin-api';
import { z } from 'zod';

export const inboxMessageSchema = z
  .object({
    id: z.string(),
    channel: z.string(),
    campaignId: z.string().nullable(),
    content: z
      .record(z.string(), z.unknown())
      .describe('As the channel made it; of the channel in-app: title, body, image?, action?: {label, url}, data?.'),
    sentAt: timeSchema,
    expiresAt: timeSchema,
    readAt: timeSchema.nullable(),
    clickedAt: timeSchema.nullable(),
    dismissedAt: timeSchema.nullable(),
  })
  .meta({ id: 'InboxMessage' });

export const inboxPageSchema = z
  .object({
    items: z.array(inboxMessageSchema).describe('The newest first.'),
    nextCursor: z.string().nullable(),
    unread: z.int().describe('Of the whole inbox.'),
    position: z.int().describe('Where a stream has to begin to miss nothing: its `since`.'),
  })
  .meta({ id: 'InboxPage' });

export const inboxMessageView = (message: InboxMessage): z.infer<typeof inboxMessageSchema> => ({
  id: message.id,
  channel: message.channel,
  campaignId: message.campaignId ?? null,
  content: message.content,
  sentAt: iso(message.sentAt),
  expiresAt: iso(message.expiresAt),
  readAt: isoOrNull(message.readAt ?? null),
  clickedAt: isoOrNull(message.clickedAt ?? null),
  dismissedAt: isoOrNull(message.dismissedAt ?? null),
});
