import type { Identifier } from '../identity/index.js';
import type { JsonObject } from '../kernel/index.js';
import type { ProfileEvent } from './profile-event.js';

/** What a person agreed to, the last word by time for each channel and purpose. */
export interface Consent {
  channel: string;
  /** The campaign topic or other purpose; absent for the channel as a whole. */
  purpose?: string;
  status: 'granted' | 'denied' | 'pending';
  /** Epoch milliseconds. */
  at: number;
}

export interface ForProfile {
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

/** A merge is undone: the successor lets go of what came with it, `restored` comes back. Sent to both, each under its own key. */
export interface UnmergeRecord extends ForProfile {
  kind: 'unmerge';
  mergeId: string;
  restored: string;
  /** The profile that gives it back: it hears of it from the writer of the other, once the history stands apart again. */
  winner: string;
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

/** What stages before the profile put on `cdp.events.enriched`; the key is the profile. */
export type EnrichedRecord = EventRecord | MergeRecord | UnmergeRecord | EraseRecord | TickRecord;
