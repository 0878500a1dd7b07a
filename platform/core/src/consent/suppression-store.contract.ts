import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Suppression } from './suppression.js';
import type { SuppressionStore } from './suppression-store.js';

const one = (addressHash: string, more: Partial<Suppression> = {}): Suppression => ({
  channel: 'email',
  addressHash,
  address: `${addressHash}@example.org`,
  reason: 'bounced',
  source: 'test',
  at: 1,
  ...more,
});

export function describeSuppressionStoreContract(
  name: string,
  make: () => Promise<{ store: SuppressionStore; close: () => Promise<void> }>,
): void {
  describe(`SuppressionStore contract: ${name}`, () => {
    let store: SuppressionStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    it('finds the suppressed among many, by channel', async () => {
      expect(await store.add('t', [one('a'), one('b', { channel: 'sms' }), one('c')])).toBe(3);
      expect(await store.among('t', 'email', ['a', 'b', 'd', 'c'])).toEqual(new Set(['a', 'c']));
    });

    it('keeps the first reason', async () => {
      await store.add('t', [one('a')]);
      expect(await store.add('t', [one('a', { reason: 'manual', at: 2 })])).toBe(0);
      expect((await store.list('t', { limit: 10 })).items).toEqual([one('a')]);
    });

    it('lists by pages, of one channel or of all', async () => {
      await store.add('t', [one('a'), one('b'), one('c', { channel: 'sms' })]);
      const first = await store.list('t', { limit: 2 });
      expect(first.items.map((found) => found.addressHash)).toEqual(['a', 'b']);
      const next = await store.list('t', { limit: 2, cursor: first.nextCursor ?? undefined });
      expect(next).toEqual({ items: [one('c', { channel: 'sms' })], nextCursor: null });
      expect((await store.list('t', { limit: 10, channel: 'sms' })).items).toHaveLength(1);
    });

    it('forgets addresses and stays suppressed', async () => {
      await store.add('t', [one('a')]);
      expect(await store.forgetAddresses('t', ['a', 'x'])).toBe(1);
      const { address: _gone, ...left } = one('a');
      expect((await store.list('t', { limit: 10 })).items).toEqual([left]);
    });

    it('keeps tenants apart', async () => {
      await store.add('t', [one('a')]);
      expect(await store.among('other', 'email', ['a'])).toEqual(new Set());
      expect(await store.remove('other', 'email', 'a')).toBe(false);
      expect(await store.forgetAddresses('other', ['a'])).toBe(0);
      expect((await store.list('other', { limit: 10 })).items).toEqual([]);
      await store.deleteTenant('other');
      expect(await store.remove('t', 'email', 'a')).toBe(true);
    });
  });
}
