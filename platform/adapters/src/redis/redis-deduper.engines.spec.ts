import type { DedupeEntry } from '@cdp/core/inbound';
import { describeDeduperContract } from '@cdp/core/inbound/contract';
import { describe, expect, it } from '@jest/globals';
import { RedisDeduper } from './redis-deduper.js';
import { redisHome } from './testing/index.js';

describeDeduperContract('Redis', async () => {
  const home = redisHome();
  const redis = await home.open();
  return { open: async (windowMs) => new RedisDeduper(redis, { windowMs }), remove: () => home.remove() };
});

const START = 1_760_000_000_000;
const HOUR = 3_600_000;

const entries = (count: number, hour: number, partition = 0): DedupeEntry[] =>
  Array.from({ length: count }, (_, number) => ({
    tenantId: 'acme',
    messageId: `${partition}-${hour}-${number}`,
    partition,
    offset: hour * 100_000 + number,
    receivedAt: START + hour * HOUR + number,
  }));

describe('message ids in Redis', () => {
  it('take little memory, and are gone when they are too old for every partition', async () => {
    const home = redisHome();
    const redis = await home.open();
    const deduper = new RedisDeduper(redis, { windowMs: 24 * HOUR, bucketsRemovedAtOnce: 100 });
    const memory = async () => {
      const keys = await redis.run((client) => client.keys(`${home.prefix}*`));
      const sizes = await redis.run((client) => Promise.all(keys.map((key) => client.memory('USAGE', key))));
      return sizes.reduce<number>((sum, size) => sum + Number(size), 0);
    };
    await deduper.claim(entries(100, 0, 1));
    // The second generation goes by the first one's size.
    await deduper.claim(entries(40_000, 0));
    await deduper.claim(entries(40_000, 14));
    expect(await memory()).toBeLessThan(80_000 * 60);
    const claimAll = async (from: number, to: number, partition: number) => {
      for (let hour = from; hour < to; hour++) await deduper.claim(entries(1, hour, partition));
    };
    await claimAll(15, 72, 0);
    // Partition 1 still stands at the start, and may bring what partition 0 had seen by then.
    expect(await deduper.find('acme', '0-0-7')).toBeDefined();
    await claimAll(1, 72, 1);
    expect(await deduper.find('acme', '0-0-7')).toBeUndefined();
    // A piece goes with each claim.
    for (let claim = 0; claim < 200; claim++) await deduper.claim(entries(1, 72));
    expect(await memory()).toBeLessThan(100_000);
    await home.remove();
  });

  it('are claimed in the order of the call, across generations and steps', async () => {
    const home = redisHome();
    const deduper = new RedisDeduper(await home.open(), { windowMs: 24 * HOUR });
    const mixed = [...entries(3_000, 11), ...entries(3_000, 13)];
    const again = mixed.map((entry) => ({ ...entry, offset: entry.offset + 50_000 }));
    const firsts = [...mixed, ...again, ...mixed].map(({ offset }) => offset);
    const answers = await deduper.claim([...mixed, ...again, ...mixed]);
    expect(answers.map(({ offset }) => offset)).toEqual(
      firsts.map((offset) => (offset % 100_000 >= 50_000 ? offset - 50_000 : offset)),
    );
    await home.remove();
  });

  it('are one for all of several processes', async () => {
    const home = redisHome();
    const dedupers = await Promise.all(Array.from({ length: 4 }, async () => new RedisDeduper(await home.open())));
    const claims = dedupers.map((deduper, partition) =>
      deduper.claim(entries(4_000, 0).map((entry) => ({ ...entry, partition }))),
    );
    const answers = (await Promise.all(claims)).map((places) => places.map(({ partition }) => partition));
    for (const own of answers) expect(own).toEqual(answers[0]);
    await home.remove();
  });
});
