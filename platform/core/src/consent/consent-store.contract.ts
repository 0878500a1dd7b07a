import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ConsentStatement } from './consent-statement.js';
import type { ConsentStore } from './consent-store.js';

const said = (profileId: string, at: number, more: Partial<ConsentStatement> = {}): ConsentStatement => ({
  profileId,
  channel: 'email',
  topic: '',
  status: 'granted',
  at,
  source: 'test',
  ...more,
});

export function describeConsentStoreContract(
  name: string,
  make: () => Promise<{ store: ConsentStore; close: () => Promise<void> }>,
): void {
  describe(`ConsentStore contract: ${name}`, () => {
    let store: ConsentStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    it('keeps the last word by its time, whatever the order of arrival', async () => {
      expect(await store.record('t', [said('p', 20)])).toHaveLength(1);
      expect(await store.record('t', [said('p', 10, { status: 'denied' })])).toEqual([]);
      expect(await store.record('t', [said('p', 20, { status: 'denied' })])).toEqual([]);
      expect(await store.statementsOf('t', 'p')).toEqual([said('p', 20)]);
      expect(await store.record('t', [said('p', 30, { status: 'denied' }), said('p', 25)])).toEqual([
        said('p', 30, { status: 'denied' }),
      ]);
    });

    it('answers for many people at once and leaves out who said nothing', async () => {
      await store.record('t', [said('a', 1), said('b', 1, { topic: 'news' }), said('c', 1, { channel: 'sms' })]);
      const found = await store.statementsOn('t', 'email', ['a', 'b', 'c', 'd']);
      expect([...found.keys()].sort()).toEqual(['a', 'b']);
      expect(found.get('b')).toEqual([said('b', 1, { topic: 'news' })]);
    });

    it('names what is not published until that very statement is marked', async () => {
      await store.record('t', [said('a', 1), said('b', 1)]);
      await store.markPublished('t', [said('a', 1)]);
      expect(await store.unpublished(10)).toEqual([{ tenantId: 't', statement: said('b', 1) }]);
      await store.record('t', [said('b', 2, { status: 'denied' })]);
      await store.markPublished('t', [said('b', 1)]);
      expect(await store.unpublished(10)).toEqual([{ tenantId: 't', statement: said('b', 2, { status: 'denied' }) }]);
    });

    it('lets what a merged profile said count for its successor, where it is the later word, and gives it back', async () => {
      const [ofFrom, ofInto] = [
        [said('from', 5, { status: 'denied' }), said('from', 1, { topic: 'news' })],
        [said('into', 3), said('into', 2, { topic: 'news', status: 'denied' })],
      ];
      await store.record('t', ofFrom);
      await store.record('t', ofInto);
      await store.give('t', ['from'], 'into');
      await store.give('t', ['from'], 'into');
      const together = [said('into', 5, { status: 'denied' }), said('into', 2, { topic: 'news', status: 'denied' })];
      expect(await store.statementsOf('t', 'into')).toEqual(together);
      expect((await store.statementsOn('t', 'email', ['into'])).get('into')).toEqual(together);
      expect(await store.statementsOf('t', 'from')).toEqual([]);
      expect(await store.holdsAny('t', 'from')).toBe(false);
      expect(await store.record('t', [said('into', 4)])).toEqual([]);

      await store.give('t', ['from'], 'from');
      expect(await store.statementsOf('t', 'into')).toEqual(ofInto);
      expect(await store.statementsOf('t', 'from')).toEqual(ofFrom);
    });

    it('erases what a person said before and after a merge', async () => {
      await store.record('t', [said('from', 5), said('into', 3)]);
      await store.give('t', ['from'], 'into');
      expect(await store.erase('t', 'into')).toBe(2);
      await store.give('t', ['from'], 'from');
      expect(await store.statementsOf('t', 'from')).toEqual([]);
    });

    it('keeps one policy for each channel and topic', async () => {
      await store.putPolicy('t', { channel: 'email', topic: '', mode: 'opt_out' }, 1);
      await store.putPolicy('t', { channel: 'email', topic: '', mode: 'opt_in' }, 2);
      await store.putPolicy('t', { channel: 'email', topic: 'news', mode: 'opt_out' }, 2);
      expect(await store.policies('t')).toEqual([
        { channel: 'email', topic: '', mode: 'opt_in' },
        { channel: 'email', topic: 'news', mode: 'opt_out' },
      ]);
      expect(await store.deletePolicy('t', 'email', 'news')).toBe(true);
      expect(await store.deletePolicy('t', 'email', 'news')).toBe(false);
    });

    it('keeps tenants apart', async () => {
      await store.record('t', [said('p', 1)]);
      await store.putPolicy('t', { channel: 'email', topic: '', mode: 'opt_in' }, 1);
      expect(await store.statementsOf('other', 'p')).toEqual([]);
      expect((await store.statementsOn('other', 'email', ['p'])).size).toBe(0);
      expect(await store.policies('other')).toEqual([]);
      expect(await store.erase('other', 'p')).toBe(0);
      expect(await store.deletePolicy('other', 'email', '')).toBe(false);
      await store.give('other', ['p'], 'q');
      expect(await store.holdsAny('other', 'p')).toBe(false);
      await store.deleteTenant('other');
      expect(await store.statementsOf('t', 'p')).toHaveLength(1);
      await store.deleteTenant('t');
      expect(await store.statementsOf('t', 'p')).toEqual([]);
    });
  });
}
