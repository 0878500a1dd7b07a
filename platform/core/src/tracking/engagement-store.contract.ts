import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Engagement, EngagementStore } from './engagement-store.js';

const one = (eventId: string, more: Partial<Engagement> = {}): Engagement => ({
  eventId,
  campaignId: 'c',
  messageId: 'm',
  profileId: 'p',
  type: 'clicked',
  at: 1_000,
  machine: false,
  url: 'https://a.example/',
  ...more,
});

export function describeEngagementStoreContract(
  name: string,
  make: () => Promise<{ store: EngagementStore; close: () => Promise<void> }>,
): void {
  describe(`EngagementStore contract: ${name}`, () => {
    let store: EngagementStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    it('counts an event once, people once, and machines apart', async () => {
      const some = [one('1'), one('2'), one('3', { profileId: 'q' }), one('4', { machine: true, reason: 'bot' })];
      await store.add('t', some, 100);
      await store.add('t', some, 100);
      expect(await store.counts('t', 'c')).toEqual(
        expect.arrayContaining([
          { type: 'clicked', machine: false, people: 2, events: 3 },
          { type: 'clicked', machine: true, people: 1, events: 1 },
        ]),
      );
    });

    it('counts by link, the most clicked first, without machines', async () => {
      const b = 'https://b.example/';
      await store.add(
        't',
        [one('1'), one('2', { url: b }), one('3', { url: b, profileId: 'q' }), one('4', { machine: true })],
        100,
      );
      expect(await store.links('t', 'c', 9)).toEqual([
        { url: b, people: 2, events: 2 },
        { url: 'https://a.example/', people: 1, events: 1 },
      ]);
      expect(await store.links('t', 'c', 1)).toHaveLength(1);
    });

    it('takes the clicks just before a burst for a machine’s as well', async () => {
      await store.add('t', [one('old', { at: 800 }), one('1'), one('other', { messageId: 'n' })], 100);
      await store.add('t', [one('2', { at: 1_100, machine: true, reason: 'burst' })], 100);
      expect(await store.counts('t', 'c')).toEqual(
        expect.arrayContaining([
          { type: 'clicked', machine: true, people: 1, events: 2 },
          { type: 'clicked', machine: false, people: 1, events: 2 },
        ]),
      );
    });

    it('follows a merge, and keeps counts of the erased', async () => {
      await store.add('t', [one('1'), one('2', { profileId: 'q', messageId: 'n' })], 100);
      await store.move('t', 'q', 'p');
      expect(await store.counts('t', 'c')).toMatchObject([{ people: 1, events: 2 }]);
      expect(await store.erase('t', 'p')).toBe(2);
      expect(await store.counts('t', 'c')).toMatchObject([{ events: 2 }]);
      expect(await store.links('t', 'c', 9)).toEqual([]);
    });

    it('keeps tenants apart', async () => {
      await store.add('t', [one('1')], 100);
      await store.add('other', [one('1', { at: 2 })], 100);
      await store.deleteTenant('other');
      expect(await store.counts('other', 'c')).toEqual([]);
      expect(await store.links('other', 'c', 9)).toEqual([]);
      expect(await store.erase('other', 'p')).toBe(0);
      await store.move('other', 'p', 'x');
      expect(await store.counts('t', 'c')).toHaveLength(1);
    });
  });
}
