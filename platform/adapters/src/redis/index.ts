export { BullWorkQueue, type BullWorkQueueOptions } from './bull-work-queue.js';
export { openRedis } from './open-redis.js';
export { RedisCache } from './redis-cache.js';
export type { RedisConnection } from './redis-connection.js';
export { RedisDeduper, type RedisDeduperOptions } from './redis-deduper.js';
export { RedisNonceStore } from './redis-nonce-store.js';
export type { RedisOptions } from './redis-options.js';
export { RedisRateLimiter, type RedisRateLimiterOptions } from './redis-rate-limiter.js';
