import type { Identifier } from '../identity/index.js';
import type { Json } from '../kernel/index.js';
import type { AggregateState } from './aggregate.js';

export interface Device {
  token: string;
  platform: 'ios' | 'android' | 'web';
  /** Epoch milliseconds. */
  registeredAt: number;
  lastSeenAt: number;
  name?: string;
}

/** What a person agreed to, the last word by time for each channel and purpose. */
export interface Consent {
  channel: string;
  /** The campaign topic or other purpose; absent for the channel as a whole. */
  purpose?: string;
  status: 'granted' | 'denied' | 'pending';
  /** Epoch milliseconds. */
  at: number;
}

/** A trait and when it was written, so that the last writer by event time wins whatever the order of arrival. */
export interface Trait {
  /** `null` is a removed trait, kept so that a late older write does not bring it back. */
  value: Json;
  /** Epoch milliseconds of the event that wrote it. */
  at: number;
}

export interface Membership {
  /** Version of the segment that the answer is for. */
  version: number;
  member: boolean;
  /** Epoch milliseconds since when the answer stands. */
  since: number;
}

/** What is known of one person. All times are epoch milliseconds. */
export interface ProfileDocument {
  tenantId: string;
  id: string;
  /** One more than the offset of the last record applied, of the profile's own partition: it only grows. */
  version: number;
  state: 'active' | 'merged' | 'erased';
  mergedInto?: string;
  identifiers: Identifier[];
  traits: Record<string, Trait>;
  devices: Device[];
  consents: Consent[];
  firstSeenAt: number;
  lastSeenAt: number;
  /** Computed from events, by aggregate key; missing until something asks for it. */
  aggregates: Record<string, AggregateState>;
  /** By segment id; missing until the profile was first looked at for the segment. */
  memberships: Record<string, Membership>;
  /** The next instant at which time alone may change a membership. */
  nextDueAt?: number;
}
