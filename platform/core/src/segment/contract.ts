export { type AggregateStoreHome, describeAggregateStoreContract } from './aggregate-store.contract.js';
export { type AudienceHome, describeAudienceContract } from './audience.contract.js';
export { type DueIndexHome, describeDueIndexContract } from './due-index.contract.js';
export { describeSegmentStoreContract, type SegmentStoreHome } from './segment-store.contract.js';
