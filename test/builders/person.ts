import type { JsonObject } from '@cdp/core/kernel';
import type { Consent, Device, ProfileDocument, ProfileEvent, StoredEvent } from '@cdp/core/profile';

/** One person as plain data: what is known, and all that happened. */
export interface Person {
  traits: JsonObject;
  devices: Device['platform'][];
  /** At most one for each channel and purpose. */
  consents: Omit<Consent, 'at'>[];
  events: PersonEvent[];
}

export interface PersonEvent {
  type: ProfileEvent['type'];
  name: string;
  /** Epoch milliseconds. */
  timestamp: number;
  properties: JsonObject;
}

/** The person's document before any event was applied to it. */
export function documentOf(person: Person, tenantId: string, id: string): ProfileDocument {
  return {
    tenantId,
    id,
    version: 1,
    state: 'active',
    identifiers: [{ type: 'userId', value: id }],
    traits: Object.fromEntries(Object.entries(person.traits).map(([name, value]) => [name, { value, at: 0 }])),
    devices: person.devices.map((platform, index) => ({
      token: `${id}-${index}`,
      platform,
      registeredAt: 0,
      lastSeenAt: 0,
    })),
    consents: person.consents.map((consent) => ({ ...consent, at: 0 })),
    firstSeenAt: 0,
    lastSeenAt: 0,
    aggregates: {},
    memberships: {},
  };
}

export const eventsOf = (person: Person, profileId: string): StoredEvent[] =>
  person.events.map((event, index) => ({
    profileId,
    messageId: `${profileId}-${index}`,
    type: event.type,
    name: event.name,
    timestamp: event.timestamp,
    receivedAt: event.timestamp,
    properties: event.properties,
    context: {},
    source: 'app',
  }));
