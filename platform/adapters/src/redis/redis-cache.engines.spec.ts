import { describeCacheContract } from '@cdp/core/work/contract';
import { afterAll, beforeAll } from '@jest/globals';
import { RedisCache } from './redis-cache.js';
import { type RedisHome, redisHome } from './testing/index.js';

let home: RedisHome;
beforeAll(() => {
  home = redisHome();
});
afterAll(() => home.remove());

describeCacheContract('Redis', async (clock) => new RedisCache(await home.open(), clock));
