import type { ProfileDocument, StoredEvent } from '@cdp/core/profile';

export const EVENTS_A_BATCH = 7;
export const PROFILES = 50;

export const profileIdOf = (offset: number): string =>
  `0199c000-0000-7000-8000-${(offset % PROFILES).toString(16).padStart(12, '0')}`;

/** The event at an offset of the partition; new names and properties keep coming, so that tables change as they grow. */
export const eventOf = (offset: number): StoredEvent => ({
  profileId: profileIdOf(offset),
  messageId: `m-${offset}`,
  type: 'track',
  name: `Event ${offset % 5}${offset > 300 ? ' later' : ''}`,
  timestamp: offset,
  receivedAt: offset,
  properties: { offset, [`property-${Math.floor(offset / 40)}`]: `${offset}` },
  context: {},
  source: 'shop',
});

/** The document as the record at an offset leaves it. */
export const documentOf = (offset: number): ProfileDocument => ({
  tenantId: 'acme',
  id: profileIdOf(offset),
  version: offset + 1,
  state: 'active',
  identifiers: [],
  traits: { offset: { value: offset, at: offset }, [`trait-${Math.floor(offset / 60)}`]: { value: true, at: offset } },
  devices: [],
  consents: [],
  firstSeenAt: 0,
  lastSeenAt: offset,
  aggregates: {},
  memberships: {},
});
