import { describeRateLimiterContract } from '@cdp/core/ingest/contract';
import { RedisRateLimiter } from './redis-rate-limiter.js';
import { redisHome } from './testing/index.js';

describeRateLimiterContract('Redis', async () => {
  const home = redisHome();
  const redis = await home.open();
  return { open: async (clock) => new RedisRateLimiter(redis, { clock }), remove: () => home.remove() };
});
