export { type DedupeEntry, Deduper, type FirstSeen } from './deduper.js';
export type {
  Consent,
  EnrichedRecord,
  EraseRecord,
  EventRecord,
  ForProfile,
  MergeRecord,
  TickRecord,
  UnmergeRecord,
} from './enriched-record.js';
export { enriched, ledgerRecords } from './enriched-topic.js';
export { GeoLocator, NoGeoLocator, type Place } from './geo-locator.js';
export { type InboundParts, InboundProcessor } from './inbound-processor.js';
export type { ProfileEvent } from './profile-event.js';
