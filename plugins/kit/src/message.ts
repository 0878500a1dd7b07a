/** One message to one recipient, rendered and ready to go. */
export interface Message<Content = unknown> {
  /**
   * The same over every attempt at this message, and unique over all tenants and time: 1 to 64 characters of `A-Z a-z 0-9 _ -`.
   * Pass it to the provider as idempotency key where it has one.
   */
  id: string;
  tenantId: string;
  profileId: string;
  /** Absent for a message that no campaign sent, such as a test. */
  campaignId?: string | undefined;
  /** Where it goes, as the manifest's `address` found it in the profile. The empty string when the channel needs no address. */
  to: string;
  /** What the plugin's content schema gave back for the rendered template. */
  content: Content;
  links: MessageLinks;
}

/** Absolute, signed URLs of the platform that belong to this one message. */
export interface MessageLinks {
  /**
   * GET shows a page that changes nothing; POST with `List-Unsubscribe=One-Click` unsubscribes at once (RFC 8058). Absent when the
   * message is one that a person cannot opt out of.
   */
  unsubscribe?: string | undefined;
}
