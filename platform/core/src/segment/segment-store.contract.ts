import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Segment } from './segment.js';
import type { SegmentStore } from './segment-store.js';

const segment = (id: string, more: Partial<Segment> = {}): Segment => ({
  id,
  tenantId: 't',
  name: `Segment ${id}`,
  rule: { trait: 'city', op: 'in', value: ['Zürich', '東京', '𐐀'] },
  version: 1,
  state: 'building',
  live: null,
  builtSize: 0,
  builtAt: null,
  problem: null,
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_000,
  ...more,
});

export interface SegmentStoreHome {
  store: SegmentStore;
  close: () => Promise<void>;
}

export function describeSegmentStoreContract(name: string, make: () => Promise<SegmentStoreHome>): void {
  describe(`SegmentStore contract: ${name}`, () => {
    let store: SegmentStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    it('gives back what was put in', async () => {
      expect(await store.insert('t', segment('a'))).toBe(true);
      expect(await store.get('t', 'a')).toEqual(segment('a'));
      expect(await store.get('t', 'b')).toBeUndefined();
    });

    it('keeps a name for one segment of a tenant', async () => {
      await store.insert('t', segment('a', { name: 'Same' }));
      expect(await store.insert('t', segment('b', { name: 'Same' }))).toBe(false);
      expect(await store.insert('other', segment('c', { tenantId: 'other', name: 'Same' }))).toBe(true);
      await store.insert('t', segment('b'));
      expect(await store.replace('t', segment('b', { name: 'Same', version: 2 }), 1)).toBe('taken');
      expect(await store.get('t', 'b')).toEqual(segment('b'));
    });

    it('replaces only the version that was expected, and leaves what was built', async () => {
      await store.insert('t', segment('a'));
      const live = { version: 1, rule: segment('a').rule, since: 1_700_000_000_001 };
      const built = { state: 'ready', live, builtSize: 7, builtAt: 1_700_000_000_002, problem: null } as const;
      expect(await store.settle('t', 'a', 1, built)).toBe(true);
      const next = segment('a', { name: 'New', rule: { any: [] }, version: 2, updatedAt: 1_700_000_000_003 });
      expect(await store.replace('t', next, 1)).toBe('changed');
      expect(await store.replace('t', next, 1)).toBe('outdated');
      expect(await store.get('t', 'a')).toEqual({ ...next, ...built, state: 'building' });
    });

    it('has one winner of changes at the same time', async () => {
      await store.insert('t', segment('a'));
      const outcomes = await Promise.all(
        ['x', 'y', 'z'].map((title) => store.replace('t', segment('a', { name: title, version: 2 }), 1)),
      );
      expect(outcomes.toSorted()).toEqual(['changed', 'outdated', 'outdated']);
    });

    it('notes the outcome of a build only while the version that was built stands', async () => {
      await store.insert('t', segment('a', { version: 2 }));
      const failed = { state: 'failed', live: null, builtSize: 0, builtAt: 5, problem: 'No room.' } as const;
      expect(await store.settle('t', 'a', 1, failed)).toBe(false);
      expect((await store.get('t', 'a'))?.state).toBe('building');
      expect(await store.settle('t', 'a', 2, failed)).toBe(true);
      expect(await store.get('t', 'a')).toEqual({ ...segment('a', { version: 2 }), ...failed });
    });

    it('lists a tenant by id, a page at a time, each once while others come and go', async () => {
      for (const id of ['c', 'a', 'e']) await store.insert('t', segment(id));
      const first = await store.list('t', { limit: 2 });
      expect(first.items.map(({ id }) => id)).toEqual(['a', 'c']);
      await store.insert('t', segment('d'));
      await store.delete('t', 'a');
      const rest = await store.list('t', { limit: 2, cursor: first.nextCursor as string });
      expect(rest.items.map(({ id }) => id)).toEqual(['d', 'e']);
      expect(rest.nextCursor).toBeNull();
      expect((await store.all('t')).map(({ id }) => id)).toEqual(['c', 'd', 'e']);
    });

    it('goes through the segments of every tenant at a start', async () => {
      for (const [tenantId, id] of [
        ['u', 'a'],
        ['t', 'b'],
        ['t', 'a'],
        ['v', 'a'],
      ] as const)
        await store.insert(tenantId, segment(id, { tenantId }));
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.everywhere({ limit: 3, cursor });
        seen.push(...page.items.map((one) => `${one.tenantId}/${one.id}`));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual(['t/a', 't/b', 'u/a', 'v/a']);
    });

    it('keeps tenants apart', async () => {
      await store.insert('t', segment('a'));
      expect(await store.get('other', 'a')).toBeUndefined();
      expect((await store.list('other', { limit: 10 })).items).toEqual([]);
      expect(await store.replace('other', segment('a', { version: 2 }), 1)).toBe('outdated');
      const ready = { state: 'ready', live: null, builtSize: 1, builtAt: 1, problem: null } as const;
      expect(await store.settle('other', 'a', 1, ready)).toBe(false);
      expect(await store.delete('other', 'a')).toBe(false);
      await store.deleteTenant('other');
      expect(await store.get('t', 'a')).toEqual(segment('a'));
      await store.deleteTenant('t');
      expect(await store.all('t')).toEqual([]);
    });
  });
}
