export { type AggregateStoreHome, describeAggregateStoreContract } from './aggregate-store.contract.js';
export { type AudienceHome, describeAudienceContract } from './audience.contract.js';
export { type DefinitionChangesHome, describeDefinitionChangesContract } from './definition-changes.contract.js';
export { type DueIndexHome, describeDueIndexContract } from './due-index.contract.js';
export { describeSegmentStoreContract, type SegmentStoreHome } from './segment-store.contract.js';
export { describeWriterRollContract, type WriterRollHome } from './writer-roll.contract.js';
