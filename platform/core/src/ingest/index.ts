export { type Allowance, RateLimiter } from './rate-limiter.js';
export { CALL_TYPES, type Call, type CallType, type RawMessage } from './raw-message.js';
