import { describeDeduperContract } from '@cdp/core/inbound/contract';
import { RedisDeduper } from './redis-deduper.js';
import { redisHome } from './testing/index.js';

describeDeduperContract('Redis', async () => {
  const home = redisHome();
  const redis = await home.open();
  return { open: async (windowMs) => new RedisDeduper(redis, { windowMs }), remove: () => home.remove() };
});
