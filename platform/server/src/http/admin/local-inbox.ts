/** A mail that the provider `local` kept instead of sending it. */
export interface KeptMail {
  id: string;
  profileId: string;
  campaignId?: string | undefined;
  from: string;
  to: string;
  subject: string;
  html?: string | undefined;
  text?: string | undefined;
  headers: Record<string, string>;
  unsubscribe?: string | undefined;
  /** RFC 3339. */
  receivedAt: string;
}

/** The mailbox of each tenant, for development. */
export abstract class LocalInboxes {
  /** Newest first. */
  abstract list(
    tenantId: string,
    query: { to?: string | undefined; limit: number; cursor?: string | undefined },
  ): Promise<{ items: KeptMail[]; nextCursor: string | null }>;

  abstract get(tenantId: string, id: string): Promise<KeptMail | undefined>;
}
