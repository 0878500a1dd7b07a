import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { NewInboxMessage } from './inbox-message.js';
import type { InboxStore } from './inbox-store.js';

const NOW = 1_000;
const message = (id: string, more: Partial<NewInboxMessage> = {}): NewInboxMessage => ({
  id,
  profileId: 'p',
  campaignId: 'c',
  channel: 'in-app',
  content: { title: id },
  sentAt: NOW,
  expiresAt: NOW + 100,
  ...more,
});

export function describeInboxStoreContract(
  name: string,
  make: () => Promise<{ store: InboxStore; close: () => Promise<void> }>,
): void {
  describe(`InboxStore contract: ${name}`, () => {
    let store: InboxStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    const put = (...messages: NewInboxMessage[]) => store.put('t', messages);
    const listed = async (ownerId = 'p', more: { now?: number; unread?: boolean; tenantId?: string } = {}) =>
      (
        await store.list(more.tenantId ?? 't', ownerId, { limit: 100, now: more.now ?? NOW, unread: more.unread })
      ).items.map(({ id }) => id);
    const changed = async (ownerIds: string[], since = 0, limit = 100) =>
      (await store.changes('t', ownerIds, since, limit)).map(({ id }) => id);

    it('lists what was put, the last first, once however often it is put', async () => {
      await put(message('a'), message('b'));
      await put(message('b', { content: { title: 'other' } }), message('c', { campaignId: undefined }));
      const { items } = await store.list('t', 'p', { limit: 10, now: NOW });
      expect(items.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
      expect(items[1]).toEqual({
        ...message('b'),
        ownerId: 'p',
        arrival: items[1]?.arrival,
        revision: items[1]?.arrival,
      });
      expect(items[0]).not.toHaveProperty('campaignId');
      await put();
      expect(await listed('q')).toEqual([]);
    });

    it('gives the list by pages, over what comes in meanwhile', async () => {
      await put(message('a'), message('b'), message('c'));
      const first = await store.list('t', 'p', { limit: 2, now: NOW });
      await put(message('d'));
      const second = await store.list('t', 'p', { limit: 2, now: NOW, cursor: first.nextCursor ?? undefined });
      expect([first, second].map(({ items }) => items.map(({ id }) => id))).toEqual([['c', 'b'], ['a']]);
      expect(second.nextCursor).toBeNull();
    });

    it('shows nothing that is past its time', async () => {
      await put(message('a'), message('b', { expiresAt: NOW + 50 }));
      expect(await listed('p', { now: NOW + 50 })).toEqual(['a']);
      expect(await store.unread('t', 'p', NOW + 50)).toBe(1);
      expect(await store.get('t', 'p', 'b', NOW + 50)).toBeUndefined();
      expect(await store.mark('t', 'p', 'b', ['read'], NOW + 50)).toBeUndefined();
    });

    it('sets marks once, counts what is unread, and hides what was dismissed', async () => {
      await put(message('a'), message('b'), message('c'));
      expect(await store.mark('t', 'p', 'a', ['read'], NOW)).toMatchObject({ id: 'a', readAt: NOW });
      const again = await store.mark('t', 'p', 'a', ['clicked', 'read'], NOW + 1);
      expect(again).toMatchObject({ readAt: NOW, clickedAt: NOW + 1 });
      expect(await store.unread('t', 'p', NOW)).toBe(2);
      expect(await listed('p', { unread: true })).toEqual(['c', 'b']);
      await store.mark('t', 'p', 'b', ['dismissed'], NOW);
      expect(await store.unread('t', 'p', NOW)).toBe(1);
      expect(await listed()).toEqual(['c', 'a']);
      expect(await store.get('t', 'p', 'b', NOW)).toMatchObject({ dismissedAt: NOW });
      expect(await store.mark('t', 'q', 'c', ['read'], NOW)).toBeUndefined();
      expect(await store.unread('t', 'p', NOW)).toBe(1);
    });

    it('tells the changes of inboxes in their order, each under a number of its own', async () => {
      expect(await store.revision('t')).toBe(0);
      await put(message('a'), message('b', { profileId: 'q' }), message('c', { profileId: 'r' }));
      expect(await changed(['p', 'q'])).toEqual(['a', 'b']);
      const seen = await store.revision('t');
      expect(await changed(['p', 'q'], seen)).toEqual([]);
      await put(message('d', { profileId: 'q' }));
      await store.mark('t', 'p', 'a', ['read'], NOW);
      const [, last] = await store.changes('t', ['p', 'q'], seen, 10);
      expect(last).toMatchObject({ id: 'a', readAt: NOW, revision: await store.revision('t') });
      expect(last?.arrival).toBeLessThan(seen);
      expect(await changed(['p', 'q'], seen, 1)).toEqual(['d']);
      // What changes nothing is no change.
      await store.mark('t', 'p', 'a', ['read'], NOW + 1);
      expect(await store.revision('t')).toBe(last?.revision);
    });

    it('finds the changes of thousands of inboxes', async () => {
      const owners = Array.from({ length: 2_500 }, (_, index) => `p${index}`);
      await put(...owners.map((profileId, index) => message(`m${index}`, { profileId })));
      expect(await store.changes('t', owners, 0, 5_000)).toHaveLength(2_500);
      expect(await changed([...owners].reverse(), 0, 2)).toEqual(['m0', 'm1']);
    });

    it('gives no number twice, however many put at once', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, n) => put(message(`a${n}`), message(`b${n}`))));
      const { items } = await store.list('t', 'p', { limit: 100, now: NOW });
      expect(new Set(items.map(({ arrival }) => arrival)).size).toBe(40);
    });

    it('gives messages to who their person is part of, and back', async () => {
      await put(message('a'), message('b', { profileId: 'q' }), message('c', { profileId: 'r' }));
      const before = await store.revision('t');
      await store.give('t', ['q', 'r'], 'p');
      expect(await listed()).toEqual(['c', 'b', 'a']);
      expect(await listed('q')).toEqual([]);
      expect(await changed(['p'], before)).toEqual(['b', 'c']);
      const after = await store.revision('t');
      await store.give('t', ['q', 'r'], 'p');
      expect(await store.revision('t')).toBe(after);
      await store.give('t', ['q'], 'q');
      expect([await listed(), await listed('q')]).toEqual([['c', 'a'], ['b']]);
      expect([await store.holdsAny('t', ['r']), await store.holdsAny('t', ['r', 'q'])]).toEqual([false, true]);
    });

    it('erases what was made for a person, and what is in the inbox', async () => {
      await put(message('a'), message('b', { profileId: 'q' }), message('c', { profileId: 'r' }));
      await store.give('t', ['q'], 'p');
      expect(await store.erase('t', 'q')).toBe(1);
      expect(await listed()).toEqual(['a']);
      await store.give('t', ['r'], 'p');
      expect(await store.erase('t', 'p')).toBe(2);
      expect(await store.holdsAny('t', ['p', 'q', 'r'])).toBe(false);
    });

    it('removes what is past its time, of all tenants, by steps', async () => {
      await put(message('a'), message('b', { expiresAt: NOW + 5 }), message('c', { expiresAt: NOW + 6 }));
      await store.put('other', [message('a', { expiresAt: NOW + 1 })]);
      expect(await store.trim(NOW, 10)).toBe(0);
      expect(await store.trim(NOW + 6, 2)).toBe(2);
      expect(await store.trim(NOW + 6, 2)).toBe(1);
      expect([await changed(['p']), await store.holdsAny('other', ['p'])]).toEqual([['a'], false]);
    });

    it('keeps tenants apart', async () => {
      await put(message('a'));
      await store.put('other', [message('a', { content: { title: 'theirs' } }), message('b')]);
      expect(await store.get('other', 'p', 'a', NOW)).toMatchObject({ content: { title: 'theirs' } });
      await store.mark('other', 'p', 'a', ['read', 'dismissed'], NOW);
      await store.give('other', ['p'], 'q');
      expect(await changed(['q'])).toEqual([]);
      expect(await store.erase('other', 'p')).toBe(2);
      await store.deleteTenant('other');
      expect([await store.revision('other'), await store.holdsAny('other', ['p', 'q'])]).toEqual([0, false]);
      expect([await listed(), await store.unread('t', 'p', NOW), await store.revision('t')]).toEqual([['a'], 1, 1]);
      expect(await listed('p', { tenantId: 'third' })).toEqual([]);
    });
  });
}
