import { invalid } from '@cdp/core/kernel';
import type { StoredEvent } from '@cdp/core/profile';
import { eventFields } from './audience/index.js';
import type { BulkItem } from './bulk-writer.js';
import { documentId, keywordOf, routingOf } from './document-id.js';
import { periodOf } from './event-period.js';

/** An event as it comes back from the index. */
export interface EventSource {
  tenantId: string;
  /** Whom it counts for. */
  profileId: string;
  /** Whose it was when it came. */
  origin: string;
  /** JSON of the whole but for the profile, as a text, which any values survive. */
  event: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isProfileId = (id: string): boolean => UUID.test(id);

export function assertProfileId(id: string): void {
  if (!isProfileId(id)) throw invalid('profileId', `"${id}" is not a UUID in lower case.`);
}

export function assertStorable({ profileId, timestamp, receivedAt }: StoredEvent): void {
  assertProfileId(profileId);
  if (!Number.isSafeInteger(timestamp)) throw invalid('timestamp', 'must be epoch milliseconds');
  if (!Number.isSafeInteger(receivedAt)) throw invalid('receivedAt', 'must be epoch milliseconds');
}

/** The index of the event, without the prefix. */
export const eventIndex = ({ timestamp, receivedAt }: Pick<StoredEvent, 'timestamp' | 'receivedAt'>): string =>
  `events_v1-${periodOf(timestamp, receivedAt)}`;

/** What is written for an event of `origin` that counts for `profileId`, where and whatever the action is. */
export function eventItem(
  tenantId: string,
  { profileId: _, ...event }: StoredEvent,
  { origin, profileId }: Pick<EventSource, 'origin' | 'profileId'>,
): Omit<BulkItem, 'action' | 'index'> {
  return {
    id: documentId(tenantId, event.messageId),
    routing: routingOf(tenantId),
    title: event.messageId,
    source: JSON.stringify({
      tenantId,
      profileId,
      origin,
      messageId: keywordOf(event.messageId),
      name: keywordOf(event.name),
      timestamp: event.timestamp,
      ...eventFields(tenantId, event),
      event: JSON.stringify(event),
    }),
  };
}

export function storedEvent({ profileId, event }: EventSource): StoredEvent {
  const stored = JSON.parse(event) as StoredEvent;
  stored.profileId = profileId;
  return stored;
}
