/** One message for the inbox of a person. */
export interface InboxEntry {
  /** That of the message: one that is in an inbox already stays as it is, however often it is put. */
  id: string;
  /** Whose inbox: the platform's id of the person. */
  profileId: string;
  /** Absent for a message that no campaign sent: what people do with it is then not told to anyone. */
  campaignId?: string | undefined;
  /** JSON, given to the front end as it is. */
  content: Record<string, unknown>;
  /** Milliseconds since the Unix epoch. From then on nobody sees it, and soon it is gone. */
  expiresAt: number;
}

/**
 * The inboxes that the platform keeps for the front ends of a tenant's apps: what is put there is listed and streamed to them. They
 * follow merges of people, and are emptied when a person is erased.
 */
export interface HostInbox {
  /**
   * Puts messages on top of inboxes; durable when it resolves. Gives back for each, in their order, whether it is in an inbox now:
   * `false` when there is no such person, or none any more.
   *
   * @throws Error when the store is away. Some of the messages may be in then; putting them again is safe.
   */
  put(entries: readonly InboxEntry[]): Promise<boolean[]>;
}
