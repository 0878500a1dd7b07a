import type { Identifier } from '../identity/index.js';
import type { Consent } from '../inbound/index.js';
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

/**
 * A membership that changed. The changes of one profile and segment alternate in the order of `at`, each told once. A live
 * change may reach the topic before the difference of a build that it follows: order by `at`.
 */
export interface MembershipChange {
  segmentId: string;
  profileId: string;
  change: 'entered' | 'exited';
  /** Epoch milliseconds. */
  at: number;
}

export interface Outcome {
  created: boolean;
  /** More than events and what is computed from them changed. */
  updated: boolean;
  changes: MembershipChange[];
}

/** What came with a merged profile, and what stood in its place. */
export interface Absorption {
  from: string;
  /** Traits as they were before, by name; `null` where there was none. */
  replaced: Record<string, Trait | null>;
  /** Traits as they came. */
  brought: Record<string, Trait>;
  identifiers: Identifier[];
  tokens: string[];
  /** Consents as they came, each with what stood in its place; absent where none came. */
  consents?: { brought: Consent; replaced: Consent | null }[];
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
  /** The segments it is in, by id. */
  memberships: Record<string, Membership>;
  /**
   * Segments and aggregates that came to be until then (epoch milliseconds) are known here: one that is missing is one
   * that the profile is not in, or has no events for. Newer ones are read from their stores when they are first needed.
   */
  knownThrough?: number;
  /** What the last write led to, absent where that is nothing, so that a redelivery of its records tells it again instead of losing it. */
  outcome?: Outcome;
  /** What a merge changed, by merge, so that it can be undone. */
  absorbed?: Record<string, Absorption>;
  /** The next instant at which time alone may change a membership. */
  nextDueAt?: number;
}
