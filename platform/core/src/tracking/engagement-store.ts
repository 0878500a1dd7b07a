export const ENGAGEMENTS = ['opened', 'clicked', 'dismissed', 'unsubscribed', 'converted', 'complained'] as const;
export type EngagementType = (typeof ENGAGEMENTS)[number];

/** Something that a person, or a machine before them, did with a message. A row of `campaign_events`. */
export interface Engagement {
  /** Of the event; the same again is the same row. */
  eventId: string;
  campaignId: string;
  messageId: string;
  profileId: string;
  type: EngagementType;
  /** Epoch milliseconds. */
  at: number;
  machine: boolean;
  /** Why it is a machine's. */
  reason?: string | undefined;
  url?: string | undefined;
}

export interface EngagementCount {
  type: EngagementType;
  machine: boolean;
  /** Different people. */
  people: number;
  events: number;
}

export interface LinkCount {
  url: string;
  /** Without machines. */
  people: number;
  events: number;
}

/** What people did with messages, kept for reports. A tenant sees its own alone. */
export abstract class EngagementStore {
  /** Idempotent by event. A click that belongs to a burst makes machines' clicks of those just before it, of the same message. */
  abstract add(tenantId: string, engagements: readonly Engagement[], burstMs: number): Promise<void>;
  abstract counts(tenantId: string, campaignId: string): Promise<EngagementCount[]>;
  /** Most clicked first. */
  abstract links(tenantId: string, campaignId: string, limit: number): Promise<LinkCount[]>;
  abstract move(tenantId: string, from: string, into: string): Promise<void>;
  abstract erase(tenantId: string, profileId: string): Promise<number>;
  abstract deleteTenant(tenantId: string): Promise<void>;
}
