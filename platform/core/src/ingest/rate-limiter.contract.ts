import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/index.js';
import type { RateLimiter } from './rate-limiter.js';

/** A place where the counts of one limiter live. */
export interface RateLimiterHome {
  open(clock: ManualClock): Promise<RateLimiter>;
  remove(): Promise<void>;
}

const SECOND = 1_000;
const DAY = 86_400_000;

/** Noon of a day, so that windows of a day have room on both sides. */
const NOON = Date.UTC(2026, 0, 15, 12);

export function describeRateLimiterContract(name: string, makeHome: () => Promise<RateLimiterHome>): void {
  describe(`RateLimiter contract: ${name}`, () => {
    let home: RateLimiterHome;
    let clock: ManualClock;
    let limiter: RateLimiter;

    beforeEach(async () => {
      home = await makeHome();
      clock = new ManualClock(NOON);
      limiter = await home.open(clock);
    });
    afterEach(async () => {
      await limiter.close();
      await home.remove();
    });

    describe.each([
      ['a short window', SECOND],
      ['a quota', DAY],
    ])('%s', (_, windowMs) => {
      it('allows exactly the limit and says when to come back', async () => {
        for (let unit = 0; unit < 10; unit++)
          expect(await limiter.take('k', 1, 10, windowMs)).toEqual({ allowed: true });
        const refused = await limiter.take('k', 1, 10, windowMs);
        if (refused.allowed) throw new Error('one unit too many');
        expect(refused.retryAfter).toBeGreaterThan(0);
        expect(refused.retryAfter).toBeLessThanOrEqual(windowMs / 1_000);
        clock.advance(refused.retryAfter * 1_000);
        expect(await limiter.take('k', 1, 10, windowMs)).toEqual({ allowed: true });
      });

      it('takes all the units or none', async () => {
        expect((await limiter.take('k', 7, 10, windowMs)).allowed).toBe(true);
        expect((await limiter.take('k', 4, 10, windowMs)).allowed).toBe(false);
        expect((await limiter.take('k', 3, 10, windowMs)).allowed).toBe(true);
        expect(await limiter.used('k', windowMs)).toBe(10);
      });

      it('allows the whole limit again when the window is over', async () => {
        await limiter.take('k', 10, 10, windowMs);
        clock.advance(windowMs);
        expect((await limiter.take('k', 10, 10, windowMs)).allowed).toBe(true);
        expect((await limiter.take('k', 1, 10, windowMs)).allowed).toBe(false);
      });

      it('never gives a unit to two of concurrent callers', async () => {
        const takes = await Promise.all(Array.from({ length: 300 }, () => limiter.take('k', 1, 100, windowMs)));
        expect(takes.filter(({ allowed }) => allowed).length).toBe(100);
      });

      it('counts each key, and each window of a key, by itself', async () => {
        await limiter.take('a', 10, 10, windowMs);
        expect((await limiter.take('b', 10, 10, windowMs)).allowed).toBe(true);
        expect((await limiter.take('a', 10, 10, windowMs * 2)).allowed).toBe(true);
        expect(await limiter.used('c', windowMs)).toBe(0);
      });

      it('refuses more at once than the limit will ever be', async () => {
        const refused = await limiter.take('k', 11, 10, windowMs);
        expect(refused).toEqual({ allowed: false, retryAfter: expect.any(Number) });
        expect((await limiter.take('k', 10, 10, windowMs)).allowed).toBe(true);
      });

      it('goes by the limit of the call when that changes', async () => {
        await limiter.take('k', 10, 10, windowMs);
        expect((await limiter.take('k', 5, 20, windowMs)).allowed).toBe(true);
        expect((await limiter.take('k', 1, 10, windowMs)).allowed).toBe(false);
      });

      it('gives out nothing twice when the clock goes back', async () => {
        await limiter.take('k', 10, 10, windowMs);
        clock.advance(-windowMs);
        expect((await limiter.take('k', 1, 10, windowMs)).allowed).toBe(false);
      });
    });

    it('keeps quotas over a restart', async () => {
      await limiter.take('k', 600, 1_000, DAY);
      await limiter.close();
      limiter = await home.open(clock);
      expect(await limiter.used('k', DAY)).toBe(600);
      expect((await limiter.take('k', 401, 1_000, DAY)).allowed).toBe(false);
      expect((await limiter.take('k', 400, 1_000, DAY)).allowed).toBe(true);
    });

    it('refuses work when it is closed', async () => {
      await limiter.close();
      await expect(limiter.used('k', SECOND)).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
}
