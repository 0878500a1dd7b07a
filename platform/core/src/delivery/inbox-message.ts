import type { JsonObject } from '../kernel/index.js';

/** What a person may do with a message in an inbox. */
export const INBOX_MARKS = ['read', 'clicked', 'dismissed'] as const;
export type InboxMark = (typeof INBOX_MARKS)[number];

/** A message as it is put into an inbox. Times are epoch milliseconds. */
export interface NewInboxMessage {
  id: string;
  /** The person that it was made for. */
  profileId: string;
  /** Absent for a test. */
  campaignId?: string | undefined;
  channel: string;
  /** What the front end is given. */
  content: JsonObject;
  sentAt: number;
  expiresAt: number;
}

/** A message in an inbox. */
export interface InboxMessage extends NewInboxMessage {
  /** Whose inbox it is in: the person it was made for, or who that person is part of now. */
  ownerId: string;
  /** Its place in the order in which messages came into the tenant's inboxes. */
  arrival: number;
  /** Place of its last change in the order of all changes to the tenant's inboxes; `arrival` where it never changed. */
  revision: number;
  readAt?: number | undefined;
  clickedAt?: number | undefined;
  dismissedAt?: number | undefined;
}
