import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Aggregate } from './aggregate.js';
import type { AggregateStore } from './aggregate-store.js';
import type { NamedAggregate } from './rule.js';

const aggregate = (id: string, more: Partial<Aggregate> = {}, definition: Partial<NamedAggregate> = {}): Aggregate => ({
  id,
  tenantId: 't',
  definition: {
    name: `spent_${id}`,
    event: 'Kauf 🛒',
    where: { property: 'city', op: 'in', value: ['Zürich', '東京', '𐐀'] },
    measure: 'sum',
    property: 'total',
    within: { last: '30d' },
    ...definition,
  },
  version: 1,
  since: 1_700_000_000_001,
  timeZone: 'Europe/Berlin',
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_000,
  ...more,
});

export interface AggregateStoreHome {
  store: AggregateStore;
  close: () => Promise<void>;
}

export function describeAggregateStoreContract(name: string, make: () => Promise<AggregateStoreHome>): void {
  describe(`AggregateStore contract: ${name}`, () => {
    let store: AggregateStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    it('gives back what was put in', async () => {
      const count: Aggregate = { ...aggregate('b'), definition: { name: 'visits', event: 'Visit', measure: 'count' } };
      for (const one of [aggregate('a'), count]) {
        expect(await store.insert('t', one)).toBe(true);
        expect(await store.get('t', one.id)).toEqual(one);
      }
      expect(await store.get('t', 'c')).toBeUndefined();
    });

    it('keeps a name for one aggregate of a tenant', async () => {
      await store.insert('t', aggregate('a', {}, { name: 'same' }));
      expect(await store.insert('t', aggregate('b', {}, { name: 'same' }))).toBe(false);
      expect(await store.insert('other', aggregate('a', { tenantId: 'other' }, { name: 'same' }))).toBe(true);
      await store.insert('t', aggregate('b'));
      expect(await store.replace('t', aggregate('b', { version: 2 }, { name: 'same' }), 1)).toBe('taken');
      expect(await store.get('t', 'b')).toEqual(aggregate('b'));
    });

    it('replaces only the version that was expected', async () => {
      await store.insert('t', aggregate('a'));
      const times = { since: 1_700_000_000_009, updatedAt: 1_700_000_000_003 };
      const next = aggregate(
        'a',
        { version: 2, timeZone: 'America/Argentina/Buenos_Aires', ...times },
        { name: 'next' },
      );
      expect(await store.replace('t', next, 1)).toBe('changed');
      expect(await store.replace('t', next, 1)).toBe('outdated');
      expect(await store.get('t', 'a')).toEqual(next);
      expect(await store.replace('t', aggregate('z', { version: 2 }), 1)).toBe('outdated');
    });

    it('has one winner of changes at the same time', async () => {
      await store.insert('t', aggregate('a'));
      const outcomes = await Promise.all(
        ['x', 'y', 'z'].map((title) => store.replace('t', aggregate('a', { version: 2 }, { name: title }), 1)),
      );
      expect(outcomes.toSorted()).toEqual(['changed', 'outdated', 'outdated']);
    });

    it('lists a tenant by id, a page at a time, each once while others come and go', async () => {
      for (const id of ['c', 'a', 'e']) await store.insert('t', aggregate(id));
      const first = await store.list('t', { limit: 2 });
      expect(first.items.map(({ id }) => id)).toEqual(['a', 'c']);
      await store.insert('t', aggregate('d'));
      expect(await store.delete('t', 'a')).toBe(true);
      expect(await store.delete('t', 'a')).toBe(false);
      const rest = await store.list('t', { limit: 2, cursor: first.nextCursor as string });
      expect(rest.items.map(({ id }) => id)).toEqual(['d', 'e']);
      expect(rest.nextCursor).toBeNull();
      expect((await store.all('t')).map(({ id }) => id)).toEqual(['c', 'd', 'e']);
    });

    it('goes through the aggregates of every tenant at a start', async () => {
      const places = ['u/a', 't/b', 't/a', 'v/a'];
      for (const place of places) {
        const [tenantId, id] = place.split('/') as [string, string];
        await store.insert(tenantId, aggregate(id, { tenantId }));
      }
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.everywhere({ limit: 3, cursor });
        seen.push(...page.items.map((one) => `${one.tenantId}/${one.id}`));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual(places.toSorted());
    });

    it('keeps tenants apart', async () => {
      await store.insert('t', aggregate('a'));
      expect(await store.get('other', 'a')).toBeUndefined();
      expect(await store.all('other')).toEqual([]);
      expect((await store.list('other', { limit: 10 })).items).toEqual([]);
      expect(await store.replace('other', aggregate('a', { version: 2 }), 1)).toBe('outdated');
      expect(await store.delete('other', 'a')).toBe(false);
      await store.deleteTenant('other');
      expect(await store.get('t', 'a')).toEqual(aggregate('a'));
      await store.deleteTenant('t');
      expect(await store.all('t')).toEqual([]);
    });
  });
}
