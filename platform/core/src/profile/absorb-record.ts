import type { EnrichedRecord, ForProfile } from '../inbound/index.js';
import type { ProfileDocument } from './profile-document.js';

/** The state of a merged profile arrives at its successor (the record's key). */
export interface AbsorbRecord extends ForProfile {
  kind: 'absorb';
  mergeId: string;
  from: ProfileDocument;
  at: number;
}

/** All that the writer of profiles reads from `cdp.events.enriched`. */
export type ProfileRecord = EnrichedRecord | AbsorbRecord;
