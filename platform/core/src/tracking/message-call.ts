import type { MessageRef } from '../campaign/index.js';
import { rawRecord } from '../ingest/index.js';
import { isoTime, type JsonObject } from '../kernel/index.js';
import type { LogRecord } from '../log/index.js';
import { MESSAGE_EVENTS, type MessageOutcome } from '../segment/index.js';

export interface MessageCall {
  message: Pick<MessageRef, 'tenantId' | 'messageId' | 'campaignId' | 'profileId' | 'channel'>;
  outcome: MessageOutcome | 'complained';
  /** Unique for what happened: what comes again under the same id is dropped. */
  id: string;
  /** Epoch milliseconds. */
  at: number;
  receivedAt: number;
  properties?: JsonObject;
  userAgent?: string | undefined;
  ip?: string | undefined;
}

/** What became of a message, as an event of the person it was for. It goes the way of every event. */
export function messageRecord({
  message,
  outcome,
  id,
  at,
  receivedAt,
  properties,
  userAgent,
  ip,
}: MessageCall): LogRecord {
  const { tenantId, messageId, campaignId, profileId, channel } = message;
  return rawRecord({
    tenantId,
    appId: 'platform',
    receivedAt,
    profileId,
    ...(userAgent !== undefined && { userAgent }),
    ...(ip !== undefined && { ip }),
    call: {
      type: 'message',
      messageId: id,
      event: outcome === 'complained' ? 'Message Complained' : MESSAGE_EVENTS[outcome],
      properties: { campaignId, channel, deliveryId: messageId, ...properties },
      timestamp: isoTime(at),
    },
  });
}
