import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Session } from './session.js';
import type { SessionStore } from './session-store.js';

const session = (id: string, more: Partial<Session> = {}): Session => ({
  id,
  accountId: 'a',
  createdAt: 1,
  expiresAt: 100,
  revokedAt: null,
  address: '203.0.113.7',
  userAgent: null,
  ...more,
});

export function describeSessionStoreContract(
  name: string,
  make: () => Promise<{ store: SessionStore; close: () => Promise<void> }>,
): void {
  describe(`SessionStore contract: ${name}`, () => {
    let store: SessionStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    it('lists the live ones of an account, newest first', async () => {
      for (const one of [session('1'), session('2'), session('3', { expiresAt: 5 }), session('4', { accountId: 'b' })])
        await store.insert(one);
      expect(await store.live('a', 10)).toEqual([session('2'), session('1')]);
      expect(await store.get('4')).toEqual(session('4', { accountId: 'b' }));
    });

    it('revokes once, and only for the account whose it is', async () => {
      await store.insert(session('1'));
      expect(await store.revoke('b', '1', 10)).toBe(false);
      expect(await store.revoke('a', '1', 10)).toBe(true);
      expect(await store.revoke('a', '1', 11)).toBe(false);
      expect(await store.get('1')).toEqual(session('1', { revokedAt: 10 }));
    });

    it('revokes all but one of an account', async () => {
      for (const one of [session('1'), session('2'), session('3'), session('4', { accountId: 'b' })])
        await store.insert(one);
      expect((await store.revokeAll('a', 10, '2')).sort()).toEqual(['1', '3']);
      expect(await store.live('a', 10)).toEqual([session('2')]);
      expect(await store.live('b', 10)).toHaveLength(1);
      expect(await store.revokeAll('nobody', 10)).toEqual([]);
    });

    it('forgets those that are long over', async () => {
      await store.insert(session('1', { expiresAt: 5 }));
      await store.insert(session('2', { expiresAt: 50 }));
      expect(await store.purge(10)).toBe(1);
      expect(await store.get('1')).toBeUndefined();
      expect(await store.get('2')).toBeDefined();
    });
  });
}
