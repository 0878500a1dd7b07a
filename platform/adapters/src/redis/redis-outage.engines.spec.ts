import type { DedupeEntry } from '@cdp/core/inbound';
import { SystemClock } from '@cdp/core/kernel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  BullWorkQueue,
  RedisCache,
  type RedisConnection,
  RedisDeduper,
  RedisNonceStore,
  RedisRateLimiter,
} from './index.js';
import { type OwnRedis, ownRedis, redisHome } from './testing/index.js';

const AWAY = { code: 'unavailable', retryAfter: expect.any(Number) };
const DAY = 86_400_000;
const clock = new SystemClock();

/** Both ways of not being there: gone, and there without a word. */
const OUTAGES = [
  ['killed', (server: OwnRedis) => server.kill(), (server: OwnRedis) => server.up()],
  ['paused', (server: OwnRedis) => server.pause(), (server: OwnRedis) => server.resume()],
] as const;

const claimOf = (messageId: string, offset: number): DedupeEntry => ({
  tenantId: 'acme',
  messageId,
  partition: 0,
  offset,
  receivedAt: 1_760_000_000_000 + offset,
});

describe.each(OUTAGES)('Redis %s', (_, begin, end) => {
  let server: OwnRedis;
  let redis: RedisConnection;
  let closing: { close(): Promise<void> }[];

  beforeAll(async () => {
    server = await ownRedis();
  });
  beforeEach(async () => {
    redis = await redisHome(server.url).open({ commandTimeoutMs: 500 });
    closing = [redis];
  });
  afterEach(async () => {
    for (const one of closing.reverse()) await one.close();
  });
  afterAll(async () => {
    await server.remove();
  });
  const opened = <Thing extends { close(): Promise<void> }>(thing: Thing): Thing => {
    closing.push(thing);
    return thing;
  };
  const back = async () => {
    await end(server);
    await redis.waitUntilUp(30_000);
  };

  it('refuses commands, those that wait and those to come, and comes back by itself', async () => {
    await redis.run((client) => client.set(`${redis.prefix}a`, '1'));
    await begin(server);
    await expect(redis.run((client) => client.get(`${redis.prefix}a`))).rejects.toMatchObject(AWAY);
    expect(redis.connected).toBe(false);
    await expect(redis.run((client) => client.get(`${redis.prefix}a`))).rejects.toMatchObject(AWAY);
    expect(redis.pending).toBe(0);
    await back();
    expect(await redis.run((client) => client.get(`${redis.prefix}a`))).toBe('1');
  });

  it('makes those who claim wait, and forgets nothing that was claimed', async () => {
    const deduper = new RedisDeduper(redis);
    const claimed = Array.from({ length: 5_000 }, (_, offset) => claimOf(`m-${offset}`, offset));
    await deduper.claim(claimed);
    await begin(server);
    await expect(deduper.claim([claimOf('late', 9_000)])).rejects.toMatchObject(AWAY);
    await back();
    const again = await deduper.claim([
      ...claimed,
      claimOf('late', 9_000),
      claimOf('m-7', 9_001),
      claimOf('late', 9_002),
    ]);
    expect(again.map(({ offset }) => offset)).toEqual([...claimed.map(({ offset }) => offset), 9_000, 7, 9_000]);
  });

  it('trusts no nonce meanwhile, and remembers those of before', async () => {
    const nonces = new RedisNonceStore(redis);
    expect(await nonces.use('app', 'a', DAY)).toBe(true);
    await begin(server);
    await expect(nonces.use('app', 'a', DAY)).rejects.toMatchObject(AWAY);
    await back();
    expect(await nonces.use('app', 'a', DAY)).toBe(false);
  });

  it('has no shared values meanwhile, and what was deleted stays so', async () => {
    const cache = new RedisCache(redis, clock);
    await cache.set('kept', 1, DAY);
    await cache.set('dropped', 2, DAY);
    await begin(server);
    expect(await cache.get('kept')).toBeUndefined();
    await cache.set('new', 3, DAY);
    await cache.delete('dropped');
    expect(await cache.get('dropped')).toBeUndefined();
    await back();
    expect(await cache.get('kept')).toBe(1);
    expect(await cache.get('dropped')).toBeUndefined();
    const elsewhere = new RedisCache(redis, clock);
    expect(await elsewhere.get('dropped')).toBeUndefined();
  });

  it('lets each process count its share of a limit, and tells the quota of it afterwards', async () => {
    const limiter = opened(new RedisRateLimiter(redis, { clock, share: 0.5 }));
    const takes = async (key: string, windowMs: number) => {
      const answers = [];
      for (let take = 0; take < 20; take++) answers.push(await limiter.take(key, 1, 20, windowMs));
      return answers.filter(({ allowed }) => allowed).length;
    };
    expect((await limiter.take('quota', 8, 20, DAY)).allowed).toBe(true);
    expect(limiter.degraded).toBe(false);
    await begin(server);
    expect(await takes('minute', 600_000)).toBe(10);
    expect(await takes('quota', DAY)).toBe(6);
    expect(limiter.degraded).toBe(true);
    await back();
    while (limiter.degraded) await new Promise(setImmediate);
    expect(await limiter.used('quota', DAY)).toBe(14);
    expect(await takes('quota', DAY)).toBe(6);
  });

  it('lets wake-ups go, and goes on with the jobs that wait when it is back', async () => {
    const work = opened(new BullWorkQueue(redis));
    // A wake-up that was given up may have been heard all the same.
    const seen = new Set<string>();
    const both = Promise.withResolvers<void>();
    await work.add('q', { id: 'later', payload: {}, runAt: Date.now() + 60_000 });
    await work.process('q', async ({ id }) => {
      seen.add(id);
      if (seen.size === 2) both.resolve();
    });
    await begin(server);
    await work.add('q', { id: 'a', payload: {} });
    await expect(work.waiting('q')).rejects.toMatchObject(AWAY);
    await back();
    await work.add('q', { id: 'a', payload: {} });
    await work.add('q', { id: 'later', payload: {} });
    await both.promise;
    expect(seen).toEqual(new Set(['a', 'later']));
  });

  it('ends a worker whose job can no longer be settled, and gives the job to another', async () => {
    const work = opened(new BullWorkQueue(redis, { stalledAfterMs: 1_000 }));
    const started = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const worker = await work.process('r', async () => {
      started.resolve();
      await mayEnd.promise;
    });
    await work.add('r', { id: 'a', payload: {} });
    await started.promise;
    await begin(server);
    mayEnd.resolve();
    await worker.stop();
    await back();
    const again = Promise.withResolvers<string>();
    await work.process('r', async ({ id }) => again.resolve(id));
    expect(await again.promise).toBe('a');
  });
});
