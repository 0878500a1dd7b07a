import { describeNonceStoreContract } from '@cdp/core/ingest/contract';
import { RedisNonceStore } from './redis-nonce-store.js';
import { redisHome } from './testing/index.js';

describeNonceStoreContract('Redis', () => {
  const home = redisHome();
  const redis = home.open();
  return { open: async () => new RedisNonceStore(await redis), dispose: () => home.remove() };
});
