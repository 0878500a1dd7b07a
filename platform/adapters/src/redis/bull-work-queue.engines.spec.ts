import { describeWorkQueueContract } from '@cdp/core/work/contract';
import { afterAll } from '@jest/globals';
import { BullWorkQueue } from './bull-work-queue.js';
import { type RedisHome, redisHome } from './testing/index.js';

const homes: RedisHome[] = [];
afterAll(async () => {
  for (const home of homes) await home.remove();
});

describeWorkQueueContract('BullMQ', async () => {
  const home = redisHome();
  homes.push(home);
  return new BullWorkQueue(await home.open());
});
