import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { App } from './app.js';
import type { AppStore } from './app-store.js';
import type { TenancyFeed } from './tenancy-feed.js';

const app = (tenantId: string, id: string, more: Partial<App> = {}): App => ({
  tenantId,
  id,
  appKey: `key-${tenantId}-${id}`,
  name: `App ${id}`,
  kind: 'server',
  allowedOrigins: ['https://shop.example'],
  allowedIps: ['10.0.0.0/8'],
  expiresAt: null,
  limits: { eventsPerSecond: 5 },
  state: 'active',
  secrets: [{ id: 's1', sealed: 'sealed', createdAt: 1, expiresAt: null }],
  version: 1,
  createdAt: 1,
  updatedAt: 1,
  ...more,
});

export function describeAppStoreContract(
  name: string,
  make: () => Promise<{ store: AppStore; feed: TenancyFeed; close: () => Promise<void> }>,
): void {
  describe(`AppStore contract: ${name}`, () => {
    let store: AppStore;
    let feed: TenancyFeed;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, feed, close } = await make());
    });
    afterEach(() => close());

    it('gives back what was put in, with its secrets, to its tenant alone', async () => {
      const secrets = [
        { id: 's1', sealed: 'one', createdAt: 1, expiresAt: 7 },
        { id: 's2', sealed: 'two', createdAt: 2, expiresAt: null },
      ];
      await store.insert('t', app('t', 'a', { secrets, expiresAt: 99, kind: 'public' }));
      expect(await store.get('t', 'a')).toEqual(app('t', 'a', { secrets, expiresAt: 99, kind: 'public' }));
      expect(await store.get('other', 'a')).toBeUndefined();
      expect((await store.list('other', { limit: 10 })).items).toEqual([]);
    });

    it('refuses a key that another tenant has', async () => {
      await store.insert('t', app('t', 'a', { appKey: 'same' }));
      await expect(store.insert('u', app('u', 'b', { appKey: 'same' }))).rejects.toThrow();
      expect(await store.get('u', 'b')).toBeUndefined();
    });

    it('replaces record and secrets together, only from the expected version, never for another tenant', async () => {
      await store.insert('t', app('t', 'a'));
      const secrets = [{ id: 's2', sealed: 'two', createdAt: 2, expiresAt: null }];
      const changed = app('t', 'a', { name: 'New', allowedIps: [], secrets, version: 2, updatedAt: 3 });
      expect(await store.replace('t', changed, 2)).toBe(false);
      expect(await store.replace('other', changed, 1)).toBe(false);
      expect(await store.get('t', 'a')).toEqual(app('t', 'a'));
      expect(await store.replace('t', changed, 1)).toBe(true);
      expect(await store.get('t', 'a')).toEqual(changed);
    });

    it('lists by pages what is not deleted', async () => {
      for (const id of ['a', 'b', 'c']) await store.insert('t', app('t', id));
      await store.replace('t', app('t', 'b', { state: 'deleted', secrets: [], version: 2 }), 1);
      const first = await store.list('t', { limit: 1 });
      expect(first.items).toEqual([app('t', 'a')]);
      expect(await store.list('t', { limit: 1, cursor: first.nextCursor ?? undefined })).toEqual({
        items: [app('t', 'c')],
        nextCursor: null,
      });
      expect(await store.get('t', 'b')).toBeUndefined();
    });

    it('tells the feed of every change in all tenants, deletions too', async () => {
      await store.insert('t', app('t', 'a'));
      await store.insert('u', app('u', 'b'));
      const first = await feed.changes(0);
      expect(first.apps.map(({ tenantId, id }) => `${tenantId}/${id}`).sort()).toEqual(['t/a', 'u/b']);
      await store.replace('t', app('t', 'a', { state: 'deleted', secrets: [], version: 2 }), 1);
      const next = await feed.changes(first.position);
      expect(next.apps).toEqual([app('t', 'a', { state: 'deleted', secrets: [], version: 2 })]);
      expect((await feed.changes(next.position)).apps).toEqual([]);
    });
  });
}
