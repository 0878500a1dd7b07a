import { describeRateLimiterContract } from '@cdp/core/ingest/contract';
import { ManualClock } from '@cdp/core/kernel';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisRateLimiter } from './redis-rate-limiter.js';
import { type RedisHome, redisHome } from './testing/index.js';

/** However busy the machine is: what a process does by itself is tried elsewhere. */
const PATIENCE_MS = 30_000;

describeRateLimiterContract('Redis', async () => {
  const home = redisHome();
  const redis = await home.open();
  return {
    open: async (clock) => new RedisRateLimiter(redis, { clock, patienceMs: PATIENCE_MS }),
    remove: () => home.remove(),
  };
});

const SECOND = 1_000;
const DAY = 86_400_000;

describe('limits of several processes in Redis', () => {
  let home: RedisHome;
  let clock: ManualClock;
  let limiters: RedisRateLimiter[];

  beforeEach(async () => {
    home = redisHome();
    clock = new ManualClock(Date.UTC(2026, 0, 15, 12));
    limiters = await Promise.all(
      Array.from(
        { length: 3 },
        async () => new RedisRateLimiter(await home.open(), { clock, patienceMs: PATIENCE_MS }),
      ),
    );
  });
  afterEach(async () => {
    for (const limiter of limiters) await limiter.close();
    await home.remove();
  });

  /** Each process asks for single units, some at a time, until it is refused that often in a row. */
  const takeAll = async (limit: number, windowMs: number): Promise<number> => {
    const each = limiters.map(async (limiter) => {
      let taken = 0;
      for (let refused = 0; refused < 10; ) {
        const answers = await Promise.all(Array.from({ length: 7 }, () => limiter.take('k', 1, limit, windowMs)));
        const allowed = answers.filter((answer) => answer.allowed).length;
        taken += allowed;
        refused = allowed > 0 ? 0 : refused + 1;
      }
      return taken;
    });
    return (await Promise.all(each)).reduce((sum, taken) => sum + taken, 0);
  };

  it('never allow more of a quota than there is, nor leave much of it with one of them', async () => {
    const taken = await takeAll(20_000, DAY);
    expect(taken).toBeLessThanOrEqual(20_000);
    expect(taken).toBeGreaterThan(19_900);
  });

  it('allow a burst of a bucket as one would', async () => {
    const taken = await takeAll(10_000, SECOND);
    expect(taken).toBeLessThanOrEqual(10_000);
    expect(taken).toBeGreaterThan(9_300);
  });

  it('answer without a question where there is demand, and give back what nobody asks for', async () => {
    const [busy, other] = limiters as [RedisRateLimiter, RedisRateLimiter];
    let atOnce = 0;
    for (let take = 0; take < 1_000; take++) {
      const answer = busy.take('k', 1, 100_000, DAY);
      if (answer instanceof Promise) await answer;
      else atOnce++;
    }
    expect(atOnce).toBeGreaterThan(900);
    expect(await busy.used('k', DAY)).toBe(1_000);
    expect(await other.used('k', DAY)).toBeGreaterThan(1_000);
    clock.advance(2 * SECOND);
    while ((await other.used('k', DAY)) > 1_000) await new Promise(setImmediate);
    expect(await other.used('k', DAY)).toBe(1_000);
  });

  it('give back what they hold when they close', async () => {
    const [closing, other] = limiters as [RedisRateLimiter, RedisRateLimiter];
    for (let take = 0; take < 100; take++) await closing.take('k', 1, 100_000, DAY);
    await closing.close();
    expect(await other.used('k', DAY)).toBe(100);
  });

  it('take little along of a limit that is asked for seldom', async () => {
    const [one, other] = limiters as [RedisRateLimiter, RedisRateLimiter];
    for (let take = 0; take < 20; take++) {
      await one.take('k', 1, 1_000, 60_000);
      clock.advance(SECOND);
    }
    // What leaked out meanwhile, and no more than a portion that was taken along once.
    expect(await other.used('k', 60_000)).toBeLessThan(5);
  });
});
