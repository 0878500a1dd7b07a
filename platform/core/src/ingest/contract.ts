export { describeNonceStoreContract } from './nonce-store.contract.js';
export { describeRateLimiterContract, type RateLimiterHome } from './rate-limiter.contract.js';
