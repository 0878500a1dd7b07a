import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TenancyFeed } from './tenancy-feed.js';
import type { Tenant } from './tenant.js';
import type { TenantStore } from './tenant-store.js';

const tenant = (id: string, more: Partial<Tenant> = {}): Tenant => ({
  id,
  name: `Tenant ${id}`,
  state: 'active',
  settings: { timezone: 'Europe/Berlin' },
  version: 1,
  createdAt: 1,
  updatedAt: 1,
  erasedAt: null,
  ...more,
});

export function describeTenantStoreContract(
  name: string,
  make: () => Promise<{ store: TenantStore; feed: TenancyFeed; close: () => Promise<void> }>,
): void {
  describe(`TenantStore contract: ${name}`, () => {
    let store: TenantStore;
    let feed: TenancyFeed;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, feed, close } = await make());
    });
    afterEach(() => close());

    it('gives back what was put in, and throws on a taken id', async () => {
      await store.insert(tenant('a'));
      expect(await store.get('a')).toEqual(tenant('a'));
      expect(await store.get('b')).toBeUndefined();
      await expect(store.insert(tenant('a'))).rejects.toThrow();
    });

    it('replaces only the version that was expected, and no other tenant', async () => {
      await store.insert(tenant('a'));
      await store.insert(tenant('b'));
      const changed = tenant('a', { name: 'New', state: 'suspended', version: 2, updatedAt: 5 });
      expect(await store.replace(changed, 1)).toBe(true);
      expect(await store.replace(tenant('a', { version: 2 }), 1)).toBe(false);
      expect(await store.replace(tenant('c', { version: 2 }), 1)).toBe(false);
      expect(await store.get('a')).toEqual(changed);
      expect(await store.get('b')).toEqual(tenant('b'));
    });

    it('lets one of many concurrent replacements win', async () => {
      await store.insert(tenant('a'));
      const tries = Array.from({ length: 10 }, (_, n) => store.replace(tenant('a', { name: `n${n}`, version: 2 }), 1));
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    });

    it('leaves deleted ones out of the list, keeps them by id and names those to erase', async () => {
      for (const id of ['a', 'b', 'c', 'd']) await store.insert(tenant(id));
      await store.replace(tenant('b', { state: 'deleted', version: 2 }), 1);
      await store.replace(tenant('c', { state: 'deleted', version: 2, erasedAt: 9 }), 1);
      const first = await store.list({ limit: 1 });
      expect(first.items.map(({ id }) => id)).toEqual(['a']);
      const next = await store.list({ limit: 5, cursor: first.nextCursor ?? undefined });
      expect(next).toEqual({ items: [tenant('d')], nextCursor: null });
      expect((await store.get('b'))?.state).toBe('deleted');
      expect((await store.unerased()).map(({ id }) => id)).toEqual(['b']);
    });

    it('tells the feed of every change, deletions too, and of nothing twice', async () => {
      await store.insert(tenant('a'));
      await store.insert(tenant('b'));
      const first = await feed.changes(0);
      expect(first.tenants.map(({ id }) => id).sort()).toEqual(['a', 'b']);
      expect(await feed.changes(first.position)).toEqual({ position: first.position, tenants: [], apps: [] });
      await store.replace(tenant('b', { state: 'deleted', version: 2 }), 1);
      const next = await feed.changes(first.position);
      expect(next.tenants).toEqual([tenant('b', { state: 'deleted', version: 2 })]);
      expect((await feed.changes(next.position)).tenants).toEqual([]);
    });
  });
}
