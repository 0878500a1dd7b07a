export type {
  Consent,
  EnrichedRecord,
  EraseRecord,
  EventRecord,
  MergeRecord,
  ProfileEvent,
  TickRecord,
  UnmergeRecord,
} from '../inbound/index.js';
export type { AbsorbRecord, ProfileRecord } from './absorb-record.js';
export {
  type AggregateBucket,
  type AggregateDefinition,
  type AggregateState,
  type Measured,
  type NumberTally,
  UNIQUE_LIMIT,
} from './aggregate.js';
export { countBetween, momentOf, numbersBetween, uniqueBetween } from './aggregate-figure.js';
export { applyEvent, EXACT_ENTRIES, emptyState, fillFromHistory, firstFrom } from './aggregate-state.js';
export { emptyDocument } from './apply-record.js';
export {
  ERASED_BY_PART,
  ERASED_ONCE,
  type ErasedStore,
  type Erasure,
  ErasureLedger,
  type ErasureReceipt,
} from './erasure-ledger.js';
export {
  type AppliedPosition,
  EventStore,
  type HistoryQuery,
  type StoredEvent,
  type TimelineQuery,
} from './event-store.js';
export { addExact, compareExact, type ExactInteger, microsOf, SUMMED_UP_TO } from './exact-sum.js';
export type {
  Absorption,
  Device,
  Membership,
  MembershipChange,
  Outcome,
  ProfileDocument,
  Trait,
} from './profile-document.js';
export { ProfileProjection } from './profile-projection.js';
export { type ProfileChange, ProfileReaction } from './profile-reaction.js';
export { type MergeReceipt, ProfileService, type ProfileServiceParts } from './profile-service.js';
export { ProfileStore } from './profile-store.js';
export { type ProfileView, viewOf } from './profile-view.js';
export { membershipRecord, ProfileWriter, type ProfileWriterParts } from './profile-writer.js';
