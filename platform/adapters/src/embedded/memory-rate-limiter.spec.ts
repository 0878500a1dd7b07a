import { describeRateLimiterContract } from '@cdp/core/ingest/contract';
import { ManualClock } from '@cdp/core/kernel';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LmdbState } from './lmdb-state.js';
import { MemoryRateLimiter } from './memory-rate-limiter.js';
import { stateHome, type TemporaryFolder, temporaryFolder } from './testing/index.js';

const DAY = 86_400_000;

describeRateLimiterContract('memory and LMDB', async () =>
  stateHome((state, clock: ManualClock) => new MemoryRateLimiter({ state, clock })),
);

describe('MemoryRateLimiter', () => {
  let folder: TemporaryFolder;
  let state: LmdbState;
  const clock = new ManualClock(Date.UTC(2026, 0, 15, 12));

  beforeEach(() => {
    folder = temporaryFolder();
    state = new LmdbState({ path: folder.path });
  });
  afterEach(async () => {
    await state.close();
    await folder.remove();
  });

  it('gives units back evenly instead of all at once', () => {
    const limiter = new MemoryRateLimiter({ state, clock });
    expect(limiter.take('k', 10, 10, 1_000)).toEqual({ allowed: true });
    clock.advance(300);
    expect(limiter.take('k', 3, 10, 1_000)).toEqual({ allowed: true });
    expect(limiter.take('k', 1, 10, 1_000)).toEqual({ allowed: false, retryAfter: 1 });
  });

  it('gives out no unit a second time after it was not closed', async () => {
    const before = new MemoryRateLimiter({ state, clock });
    let taken = 0;
    while ((await before.take('k', 1, 1_000, DAY)).allowed && ++taken < 777);
    const after = new MemoryRateLimiter({ state, clock });
    const used = await after.used('k', DAY);
    expect(used).toBeGreaterThanOrEqual(777);
    expect(used).toBeLessThanOrEqual(777 + 20);
    while ((await after.take('k', 1, 1_000, DAY)).allowed) taken++;
    expect(taken).toBeLessThanOrEqual(1_000);
  });

  it('decides on a quota without a write most of the time', async () => {
    const limiter = new MemoryRateLimiter({ state, clock });
    let waited = 0;
    for (let unit = 0; unit < 1_000; unit++) {
      const allowance = limiter.take('k', 1, 100_000, DAY);
      if (allowance instanceof Promise) waited++;
      expect((await allowance).allowed).toBe(true);
    }
    expect(waited).toBeLessThan(20);
  });
});
