export { describeFileStoreContract } from './file-store.contract.js';
export { describeImportStoreContract } from './import-store.contract.js';
export { describeNonceStoreContract } from './nonce-store.contract.js';
export { describeRateLimiterContract, type RateLimiterHome } from './rate-limiter.contract.js';
export { describeRejectedEventStoreContract } from './rejected-event-store.contract.js';
