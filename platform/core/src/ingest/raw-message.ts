import type { JsonObject } from '../kernel/index.js';

export const CALL_TYPES = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const;
export type CallType = (typeof CALL_TYPES)[number];

/** A call of the Segment spec as an app sent it. Fields that the spec does not name are kept out. */
export interface Call {
  /**
   * `device` registers or removes a push token. The platform's own: `message`, what became of a message it sent, and
   * `consent`, what a person agreed to or took back.
   */
  type: CallType | 'device' | 'message' | 'consent';
  messageId: string;
  userId?: string;
  anonymousId?: string;
  /** Name of a track call. */
  event?: string;
  /** Name of a page or screen call. */
  name?: string;
  category?: string;
  properties?: JsonObject;
  traits?: JsonObject;
  context?: JsonObject;
  groupId?: string;
  previousId?: string;
  /** RFC 3339, by the clock of the sender. */
  timestamp?: string;
  /** RudderStack's name for the uncorrected time. */
  originalTimestamp?: string;
  sentAt?: string;
}

/** A record of `cdp.ingestion.raw`: one accepted call and what the door saw of it. */
export interface RawMessage {
  tenantId: string;
  /** The app that sent it; `platform` for what tracking and delivery send. */
  appId: string;
  /** Epoch milliseconds of acceptance. */
  receivedAt: number;
  /** `sentAt` of the batch or the call. */
  sentAt?: string;
  ip?: string;
  userAgent?: string;
  /** Set by the platform itself when it already knows whose event this is. */
  profileId?: string;
  call: Call;
}
