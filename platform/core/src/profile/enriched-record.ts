import type { Identifier } from '../identity/index.js';
import type { JsonObject } from '../kernel/index.js';
import type { Consent, ProfileDocument } from './profile-document.js';
import type { ProfileEvent } from './profile-event.js';

interface ForProfile {
  tenantId: string;
  profileId: string;
}

/** Something happened to the person. */
export interface EventRecord extends ForProfile {
  kind: 'event';
  event: ProfileEvent;
  /** Identifiers that the profile gains by it. */
  identifiers?: Identifier[];
  /** Traits to set; `null` removes. */
  traits?: JsonObject;
  /** What the person agreed to or took back by it. */
  consent?: Consent;
}

/** The profile (the record's key) is to become part of another one. */
export interface MergeRecord extends ForProfile {
  kind: 'merge';
  into: string;
  mergeId: string;
  at: number;
}

/** The state of a merged profile arrives at its successor (the record's key). */
export interface AbsorbRecord extends ForProfile {
  kind: 'absorb';
  mergeId: string;
  from: ProfileDocument;
  at: number;
}

/** A merge is undone: the successor (the record's key) lets go of what came with it. */
export interface UnmergeRecord extends ForProfile {
  kind: 'unmerge';
  mergeId: string;
  restored: string;
  at: number;
}

/** Erase everything that is known of the person. */
export interface EraseRecord extends ForProfile {
  kind: 'erase';
  receiptId: string;
  at: number;
}

/** Time alone may have changed an answer: evaluate again as of `at`. */
export interface TickRecord extends ForProfile {
  kind: 'tick';
  at: number;
}

/** A record of `cdp.events.enriched`; its key is the profile. */
export type EnrichedRecord = EventRecord | MergeRecord | AbsorbRecord | UnmergeRecord | EraseRecord | TickRecord;
