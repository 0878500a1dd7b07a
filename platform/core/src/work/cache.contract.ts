import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/index.js';
import type { Cache } from './cache.js';

export function describeCacheContract(name: string, make: (clock: ManualClock) => Promise<Cache> | Cache): void {
  describe(`Cache contract: ${name}`, () => {
    let cache: Cache;
    let clock: ManualClock;

    beforeEach(async () => {
      clock = new ManualClock(1_700_000_000_000);
      cache = await make(clock);
    });
    afterEach(() => cache.close());

    it('gives back what was put in until its time is over', async () => {
      await cache.set('a', { deep: [1, 'two', null] }, 1_000);
      expect(await cache.get('a')).toEqual({ deep: [1, 'two', null] });
      clock.advance(999);
      expect(await cache.get('a')).toBeDefined();
      clock.advance(2);
      expect(await cache.get('a')).toBeUndefined();
    });

    it('keeps its own copy', async () => {
      const value = { list: [1] };
      await cache.set('a', value, 1_000);
      value.list.push(2);
      const first = (await cache.get('a')) as { list: number[] };
      expect(first.list).toEqual([1]);
      first.list.push(3);
      expect(await cache.get('a')).toEqual({ list: [1] });
    });

    it('tells a stored null from nothing, and forgets on delete', async () => {
      await cache.set('a', null, 1_000);
      expect(await cache.get('a')).toBeNull();
      await cache.delete('a');
      expect(await cache.get('a')).toBeUndefined();
    });

    it('replaces value and time together', async () => {
      await cache.set('a', 1, 10_000);
      await cache.set('a', 2, 100);
      clock.advance(101);
      expect(await cache.get('a')).toBeUndefined();
    });
  });
}
