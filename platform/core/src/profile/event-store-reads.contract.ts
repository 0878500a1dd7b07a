import { describe, expect, it } from '@jest/globals';
import type { EventStoreSubject } from './event-store.contract.js';
import { Appender, event, idsOf, profileId, T } from './event-store-samples.contract.js';

export function describeEventReads(subject: EventStoreSubject): void {
  const appender = (): Appender => new Appender(() => subject.store);

  describe('timeline', () => {
    it('is newest first, a page at a time, with events of the same instant in one order', async () => {
      const events = Array.from({ length: 25 }, (_, number) =>
        event(1, `m-${number}`, { timestamp: T + Math.floor(number / 5) }),
      );
      await appender().append([...events, event(2, 'other')]);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await subject.store.timeline('acme', profileId(1), { limit: 4, cursor });
        expect(page.items.length).toBeLessThanOrEqual(4);
        seen.push(...idsOf(page.items));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect([...seen].sort()).toEqual(idsOf(events).sort());
      const instants = seen.map((id) => Math.floor(Number(id.slice(2)) / 5));
      expect(instants).toEqual([...instants].sort((one, other) => other - one));
      expect(idsOf((await subject.store.timeline('acme', profileId(1), { limit: 1_000 })).items)).toEqual(seen);
    });

    it('neither repeats nor leaves out an event when others arrive between two pages', async () => {
      const sender = appender();
      await sender.append(Array.from({ length: 6 }, (_, number) => event(1, `m-${number}`, { timestamp: T + number })));
      const first = await subject.store.timeline('acme', profileId(1), { limit: 3 });
      await sender.append([event(1, 'newest', { timestamp: T + 99 }), event(1, 'late', { timestamp: T - 1 })]);
      const cursor = first.nextCursor ?? undefined;
      const second = await subject.store.timeline('acme', profileId(1), { limit: 10, cursor });
      expect([idsOf(first.items), idsOf(second.items)]).toEqual([
        ['m-5', 'm-4', 'm-3'],
        ['m-2', 'm-1', 'm-0', 'late'],
      ]);
    });

    it('narrows by name and by time, from inclusive, to exclusive', async () => {
      await appender().append(
        [0, 1, 2, 3].map((number) =>
          event(1, `m-${number}`, { timestamp: T + number, name: number % 2 === 0 ? 'Bought' : 'Viewed' }),
        ),
      );
      const of = async (query: object) =>
        idsOf((await subject.store.timeline('acme', profileId(1), { limit: 10, ...query })).items);
      expect(await of({ name: 'Viewed' })).toEqual(['m-3', 'm-1']);
      expect(await of({ name: 'Never' })).toEqual([]);
      expect(await of({ from: T + 1, to: T + 3 })).toEqual(['m-2', 'm-1']);
      expect(await of({ name: 'Bought', from: T + 1 })).toEqual(['m-2']);
    });

    it('is empty for ids that name nobody, and refuses a cursor that is none', async () => {
      await appender().append([event(1, 'a')]);
      for (const id of [profileId(9), 'nobody', '', "' OR 1=1 --"])
        expect(await subject.store.timeline('acme', id, { limit: 5 })).toEqual({ items: [], nextCursor: null });
      await expect(subject.store.timeline('acme', profileId(1), { limit: 5, cursor: 'x' })).rejects.toMatchObject({
        code: 'invalid',
      });
    });
  });

  describe('find', () => {
    it('answers the event of a message, or undefined', async () => {
      await appender().append([event(1, 'a'), event(2, 'b')]);
      expect(await subject.store.find('acme', 'b')).toEqual(event(2, 'b'));
      expect(await subject.store.find('acme', 'B')).toBeUndefined();
      expect(await subject.store.find('acme', '')).toBeUndefined();
    });
  });

  describe('history', () => {
    it('answers the named events of many profiles since their times, oldest first', async () => {
      await appender().append([
        event(1, 'a3', { timestamp: T + 3 }),
        event(1, 'a1', { timestamp: T + 1 }),
        event(1, 'a2', { timestamp: T + 2, name: 'Viewed' }),
        event(1, 'a4', { timestamp: T + 4, name: 'Other' }),
        event(2, 'b1', { timestamp: T + 1 }),
        event(2, 'b2', { timestamp: T + 2 }),
        event(3, 'c1', { timestamp: T + 1 }),
      ]);
      const history = await subject.store.history('acme', [
        { profileId: profileId(1), eventNames: ['Bought', 'Viewed', 'Never'], since: Number.NEGATIVE_INFINITY },
        { profileId: profileId(2), eventNames: ['Bought'], since: T + 2 },
        { profileId: profileId(3), eventNames: ['Viewed'], since: 0 },
        { profileId: profileId(4), eventNames: ['Bought'], since: 0 },
      ]);
      expect([...history].map(([id, events]) => [id, idsOf(events)]).sort()).toEqual([
        [profileId(1), ['a1', 'a2', 'a3']],
        [profileId(2), ['b2']],
      ]);
      expect(history.get(profileId(2))).toEqual([event(2, 'b2', { timestamp: T + 2 })]);
      expect(await subject.store.history('acme', [])).toEqual(new Map());
    });

    it('takes in thousands of profiles at once', async () => {
      const sender = appender();
      for (let from = 0; from < 3_000; from += 1_000)
        await sender.append(
          Array.from({ length: 1_000 }, (_, index) =>
            event(from + index, `m-${from + index}`, { timestamp: T + from }),
          ),
        );
      const queries = Array.from({ length: 3_000 }, (_, number) => ({
        profileId: profileId(number),
        eventNames: ['Bought'],
        since: T + 1_000,
      }));
      const history = await subject.store.history('acme', queries);
      expect(history.size).toBe(2_000);
      expect(idsOf(history.get(profileId(2_999)))).toEqual(['m-2999']);
    });
  });

  describe('countByName', () => {
    it('counts, most frequent first, with when each was last seen', async () => {
      await appender().append([
        event(1, 'a', { name: 'Viewed', timestamp: T + 9 }),
        event(2, 'b', { timestamp: T + 1 }),
        event(1, 'c', { timestamp: T + 3 }),
      ]);
      expect(await subject.store.countByName('acme', 10)).toEqual([
        { name: 'Bought', count: 2, lastSeenAt: T + 3 },
        { name: 'Viewed', count: 1, lastSeenAt: T + 9 },
      ]);
      expect(await subject.store.countByName('acme', 1)).toHaveLength(1);
      expect(await subject.store.countByName('nobody', 10)).toEqual([]);
    });
  });
}
