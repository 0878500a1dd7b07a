import type { RawMessage } from '../ingest/index.js';

/**
 * When the event happened, in epoch milliseconds: the sender's time, moved by how far the sender's clock was off when it
 * sent (`receivedAt - sentAt`). Without `sentAt` the time is taken as it is, without a time it is that of arrival.
 */
export function eventTime({ call, sentAt, receivedAt }: RawMessage): number {
  const text = call.originalTimestamp ?? call.timestamp;
  if (text === undefined) return receivedAt;
  const time = Date.parse(text);
  if (sentAt === undefined) return time;
  const sent = Date.parse(sentAt);
  return Number.isFinite(sent) ? time + (receivedAt - sent) : time;
}
