/**
 * - `skipped`: never to be sent; `reason` says why. `queued`: waits for its time. `sending`: a worker has it.
 * - `held`: its campaign is paused. `cancelled`: its campaign was, before it went out.
 * - `unknown`: it may have been sent; nobody can tell.
 * - `sent`, then perhaps `delivered` or `bounced`. `failed`: refused for good, or tried for too long.
 */
export const MESSAGE_STATES = [
  'skipped',
  'queued',
  'held',
  'sending',
  'unknown',
  'sent',
  'delivered',
  'bounced',
  'failed',
  'cancelled',
] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/** States in which something is still to happen by the platform itself. */
export const LIVE_STATES: readonly MessageState[] = ['queued', 'held', 'sending'];

export const SKIP_REASONS = [
  'no_address',
  'no_consent',
  'suppressed',
  'capped',
  'merged',
  'erased',
  'render_failed',
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** One message of a campaign to one recipient. The row is the truth of what became of it. Times are epoch milliseconds. */
export interface CampaignMessage {
  id: string;
  campaignId: string;
  runId: string;
  /** The step of a journey; the empty string where the campaign is a single message. */
  step: string;
  profileId: string;
  channel: string;
  channelId: string;
  topic: string;
  /** Where it goes; empty for a channel without addresses, and for what was skipped or whose person was erased. */
  address: string;
  state: MessageState;
  reason?: string | undefined;
  attempts: number;
  /** The provider's own id. */
  providerId?: string | undefined;
  queuedAt: number;
  sentAt?: number | undefined;
  updatedAt: number;
}

/** A message as fan-out makes it, ready to be stored. */
export interface NewMessage {
  id: string;
  profileId: string;
  step: string;
  /** Tells the messages to several addresses of one person apart; empty where there is one. */
  target: string;
  address: string;
  /** Set when it is not to be sent. */
  skipped?: { reason: SkipReason; detail?: string } | undefined;
  /** The rendered content and links, packed by the skeleton of the run; empty when skipped. */
  content: string;
}
