import { createHash } from 'node:crypto';
import type { Resolution } from '../identity/index.js';
import type { Call, RawMessage } from '../ingest/index.js';
import type { JsonObject } from '../kernel/index.js';
import { enrichContext } from './enrich-context.js';
import type { Consent, EventRecord } from './enriched-record.js';
import type { GeoLocator } from './geo-locator.js';

/** The event that a call means for the profile it was resolved to. */
export function eventRecord(
  message: RawMessage,
  timestamp: number,
  resolution: Resolution,
  geo: GeoLocator,
): EventRecord {
  const { call } = message;
  const record: EventRecord = {
    kind: 'event',
    tenantId: message.tenantId,
    profileId: resolution.profileId,
    event: {
      messageId: call.messageId,
      type: call.type,
      name: call.event ?? call.name ?? call.type,
      timestamp,
      receivedAt: message.receivedAt,
      properties: propertiesOf(call),
      context: enrichContext(message, geo),
      source: message.appId,
    },
  };
  if (resolution.gained.length > 0) record.identifiers = resolution.gained;
  if (call.type === 'identify' && call.traits) record.traits = call.traits;
  const consent = call.type === 'consent' ? consentOf(call.properties, timestamp) : undefined;
  if (consent) record.consent = consent;
  return record;
}

/** What a timeline shows of a call and a rule can ask for: of an identify call the traits it set, of a group call the group. */
function propertiesOf(call: Call): JsonObject {
  switch (call.type) {
    case 'identify':
      return call.traits ?? {};
    case 'group':
      return { ...call.traits, groupId: call.groupId as string };
    case 'alias':
      return { previousId: call.previousId as string };
    case 'page':
    case 'screen':
      return call.category === undefined ? (call.properties ?? {}) : { ...call.properties, category: call.category };
    default:
      return call.properties ?? {};
  }
}

function consentOf(properties: JsonObject | undefined, at: number): Consent | undefined {
  const { channel, purpose, status } = properties ?? {};
  if (typeof channel !== 'string' || (status !== 'granted' && status !== 'denied' && status !== 'pending'))
    return undefined;
  return { channel, status, at, ...(typeof purpose === 'string' ? { purpose } : {}) };
}

/** Push tokens run to thousands of characters; their owners are looked up by this. */
export const tokenFingerprint = (token: string): string => createHash('sha256').update(token).digest('hex');
