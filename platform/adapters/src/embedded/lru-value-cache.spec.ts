import { ManualClock } from '@cdp/core/kernel';
import { describeCacheContract } from '@cdp/core/work/contract';
import { describe, expect, it } from '@jest/globals';
import { LruValueCache } from './lru-value-cache.js';

describeCacheContract('in process', (clock) => new LruValueCache(clock));

describe('LruValueCache', () => {
  it('drops the least used when it is full', async () => {
    const cache = new LruValueCache(new ManualClock(0), { maxBytes: 1_000 });
    for (let i = 0; i < 20; i++) await cache.set(`k${i}`, 'x'.repeat(50), 1_000);
    expect(await cache.get('k0')).toBeUndefined();
    expect(await cache.get('k19')).toBe('x'.repeat(50));
  });
});
