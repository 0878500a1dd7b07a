export {
  type AggregateBucket,
  type AggregateDefinition,
  type AggregateState,
  type Measured,
  type NumberTally,
  UNIQUE_LIMIT,
} from './aggregate.js';
export type {
  AbsorbRecord,
  EnrichedRecord,
  EraseRecord,
  EventRecord,
  MergeRecord,
  TickRecord,
  UnmergeRecord,
} from './enriched-record.js';
export {
  type AppliedPosition,
  EventStore,
  type HistoryQuery,
  type StoredEvent,
  type TimelineQuery,
} from './event-store.js';
export type { Consent, Device, Membership, ProfileDocument, Trait } from './profile-document.js';
export type { ProfileEvent } from './profile-event.js';
export { ProfileStore } from './profile-store.js';
