import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/index.js';
import type { NonceStore } from './nonce-store.js';

const WINDOW_MS = 600_000;

/** `open` answers the same store each time: the second opening is a restart. `dispose` takes it away. */
export function describeNonceStoreContract(
  name: string,
  make: (clock: ManualClock) => { open: () => Promise<NonceStore>; dispose: () => Promise<void> },
): void {
  describe(`NonceStore contract: ${name}`, () => {
    let clock: ManualClock;
    let made: ReturnType<typeof make>;
    let store: NonceStore;

    beforeEach(async () => {
      clock = new ManualClock(Date.UTC(2026, 0, 1));
      made = make(clock);
      store = await made.open();
    });
    afterEach(async () => {
      await store.close();
      await made.dispose();
    });

    it('lets a nonce through once', async () => {
      expect(await store.use('a1', 'n', WINDOW_MS)).toBe(true);
      expect(await store.use('a1', 'n', WINDOW_MS)).toBe(false);
      expect(await store.use('a1', 'm', WINDOW_MS)).toBe(true);
    });

    it('tells one of many at once', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => store.use('a1', 'n', WINDOW_MS)));
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    it('keeps apps apart, however their ids are made', async () => {
      expect(await store.use('a1', 'n', WINDOW_MS)).toBe(true);
      expect(await store.use('a2', 'n', WINDOW_MS)).toBe(true);
      expect(await store.use('a', '1n', WINDOW_MS)).toBe(true);
    });

    it('remembers for the whole window, wherever in time it begins', async () => {
      for (let at = 0; at < 20; at++) {
        expect(await store.use('a1', `n${at}`, WINDOW_MS)).toBe(true);
        clock.advance(WINDOW_MS - 1);
        expect(await store.use('a1', `n${at}`, WINDOW_MS)).toBe(false);
        clock.advance(37_000);
      }
    });

    it('remembers over a restart', async () => {
      await store.use('a1', 'n', WINDOW_MS);
      await store.close();
      store = await made.open();
      expect(await store.use('a1', 'n', WINDOW_MS)).toBe(false);
    });
  });
}
