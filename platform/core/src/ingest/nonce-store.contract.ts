import { afterEach, describe, expect, it } from '@jest/globals';
import type { NonceStore } from './nonce-store.js';

/** What a nonce store must keep. `open` answers the same store again, as after a restart. */
export interface NonceStoreFixture {
  rememberMs: number;
  open: () => Promise<NonceStore>;
  dispose: () => Promise<void>;
}

const NOW = Date.UTC(2026, 0, 1);

export function describeNonceStoreContract(name: string, makeFixture: () => Promise<NonceStoreFixture>): void {
  describe(`${name} as nonce store`, () => {
    let fixture: NonceStoreFixture;
    let store: NonceStore;
    const open = async (): Promise<void> => {
      fixture = await makeFixture();
      store = await fixture.open();
    };
    afterEach(async () => {
      await store.close();
      await fixture.dispose();
    });

    it('lets a nonce through once', async () => {
      await open();
      expect(await store.claim('t1', 'a1', 'n', NOW)).toBe(true);
      expect(await store.claim('t1', 'a1', 'n', NOW + 1)).toBe(false);
      expect(await store.claim('t1', 'a1', 'm', NOW + 1)).toBe(true);
    });

    it('tells one of many at once', async () => {
      await open();
      const answers = await Promise.all(Array.from({ length: 50 }, () => store.claim('t1', 'a1', 'n', NOW)));
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    it('keeps apps and tenants apart, however their ids are made', async () => {
      await open();
      expect(await store.claim('t1', 'a1', 'n', NOW)).toBe(true);
      expect(await store.claim('t1', 'a2', 'n', NOW)).toBe(true);
      expect(await store.claim('t2', 'a1', 'n', NOW)).toBe(true);
      expect(await store.claim('t1', 'a', '1n', NOW)).toBe(true);
    });

    it('remembers for the whole time, and over a restart', async () => {
      await open();
      for (let at = 0; at < 20; at++) {
        const then = NOW + at * 37_000;
        expect(await store.claim('t1', 'a1', `n${at}`, then)).toBe(true);
        expect(await store.claim('t1', 'a1', `n${at}`, then + fixture.rememberMs - 1)).toBe(false);
      }
      await store.close();
      store = await fixture.open();
      expect(await store.claim('t1', 'a1', 'n19', NOW + 19 * 37_000 + 1)).toBe(false);
    });
  });
}
