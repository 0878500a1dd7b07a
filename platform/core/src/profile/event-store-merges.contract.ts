import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventStoreSubject } from './event-store.contract.js';
import { Appender, event, idsOf, profileId, T, timelineOf } from './event-store-samples.contract.js';

export function describeEventMerges(subject: EventStoreSubject): void {
  describe('moveHistory', () => {
    it('lets past and late events count for the other profile, along chains, until it is restored', async () => {
      const { store } = subject;
      const sender = new Appender(() => store);
      await sender.append([
        event(1, 'a', { timestamp: T + 1 }),
        event(2, 'b', { timestamp: T + 2 }),
        event(3, 'c', { timestamp: T + 3 }),
      ]);
      await store.moveHistory('acme', profileId(1), profileId(2));
      await store.moveHistory('acme', profileId(2), profileId(3));
      await store.moveHistory('acme', profileId(2), profileId(3));
      await sender.append([event(1, 'late', { timestamp: T })]);
      expect(await timelineOf(store, 3)).toEqual(['c', 'b', 'a', 'late']);
      expect(await timelineOf(store, 2)).toEqual([]);
      expect(await timelineOf(store, 1)).toEqual([]);
      expect((await store.find('acme', 'a'))?.profileId).toBe(profileId(3));
      const history = await store.history(
        'acme',
        [1, 2, 3].map((number) => ({ profileId: profileId(number), eventNames: ['Bought'], since: T + 1 })),
      );
      expect([...history].map(([id, events]) => [id, idsOf(events)])).toEqual([[profileId(3), ['a', 'b', 'c']]]);
      await store.restoreHistory('acme', profileId(2));
      await store.refresh();
      expect(await timelineOf(store, 3)).toEqual(['c']);
      expect(await timelineOf(store, 2)).toEqual(['b', 'a', 'late']);
      await store.restoreHistory('acme', profileId(9));
      await store.restoreHistory('acme', profileId(1));
      await store.refresh();
      expect(await timelineOf(store, 1)).toEqual(['a', 'late']);
    });

    it('follows any order of merges and restorations', async () => {
      let round = 0;
      const step = fc.record({
        kind: fc.constantFrom('move' as const, 'move' as const, 'restore' as const, 'event' as const),
        from: fc.nat(4),
        to: fc.nat(4),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
          const tenantId = `tenant-${round}`;
          const sender = new Appender(() => subject.store, round++);
          const parents = new Map<number, number>();
          const origin = new Map<string, number>();
          const rootOf = (number: number): number => {
            const parent = parents.get(number);
            return parent === undefined ? number : rootOf(parent);
          };
          for (const [index, { kind, from, to }] of steps.entries()) {
            if (kind === 'event') {
              origin.set(`m-${index}`, from);
              await sender.append([event(from, `m-${index}`)], tenantId);
            } else if (kind === 'restore') {
              parents.delete(from);
              await subject.store.restoreHistory(tenantId, profileId(from));
            } else if (!parents.has(from) && rootOf(to) !== from) {
              parents.set(from, to);
              await subject.store.moveHistory(tenantId, profileId(from), profileId(to));
            }
          }
          await subject.store.refresh();
          for (let number = 0; number <= 4; number++) {
            const expected = [...origin].filter(([, from]) => rootOf(from) === number).map(([id]) => id);
            expect((await timelineOf(subject.store, number, tenantId)).sort()).toEqual(expected.sort());
          }
        }),
        { numRuns: 25 },
      );
    });
  });

  describe('erase', () => {
    it('takes away all of a profile with what was merged into it, and says how many', async () => {
      const { store } = subject;
      const sender = new Appender(() => store);
      await sender.append([event(1, 'a'), event(1, 'b'), event(2, 'c'), event(3, 'd')]);
      await store.moveHistory('acme', profileId(2), profileId(1));
      expect(await store.erase('acme', profileId(1))).toBe(3);
      expect(await store.erase('acme', profileId(1))).toBe(0);
      expect(await store.erase('acme', 'nobody')).toBe(0);
      for (const id of ['a', 'b', 'c']) expect(await store.find('acme', id)).toBeUndefined();
      expect(await timelineOf(store, 1)).toEqual([]);
      expect(await timelineOf(store, 3)).toEqual(['d']);
      expect(await store.countByName('acme', 9)).toEqual([{ name: 'Bought', count: 1, lastSeenAt: T }]);
      await subject.reopen();
      expect(await subject.store.find('acme', 'a')).toBeUndefined();
    });
  });
}
