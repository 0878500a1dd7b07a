import { describe, expect, it } from '@jest/globals';
import type { EventStoreSubject } from './event-store.contract.js';
import type { StoredEvent } from './event-store.js';
import { Appender, event, idsOf, profileId, T, timelineOf } from './event-store-samples.contract.js';

/** Everything an event can hold, with the keys and texts that break careless encodings. */
const FULL: StoredEvent = event(1, 'm-"quoted"-zoë-\u{1F600}', {
  type: 'page',
  name: "Robert'); DROP TABLE events;--",
  timestamp: -1,
  receivedAt: 9_007_199_254_740_991,
  properties: JSON.parse(
    '{"__proto__":{"polluted":true},"a.b":1,"":[],"list":[1,"1",true,null,[{"x":[2]}]],"deep":{"er":{"still":-0.5}},' +
      '"big":1e300,"zoë":"\\u0000\\ud83d","null":null,"date":"2026-02-29","time":"2026-02-28T10:00:00.123456+05:30"}',
  ),
  context: { library: { name: 'x' }, toString: 'y' },
  source: 'platform',
});

export function describeEventAppends(subject: EventStoreSubject): void {
  describe('append', () => {
    it('gives an event back as it came, also from a store that was opened again', async () => {
      await new Appender(() => subject.store).append([FULL]);
      expect(await subject.store.find('acme', FULL.messageId)).toEqual(FULL);
      await subject.reopen();
      const page = await subject.store.timeline('acme', FULL.profileId, { limit: 10 });
      expect(page).toEqual({ items: [FULL], nextCursor: null });
      expect(Object.keys(page.items[0]?.properties ?? {})).toEqual(Object.keys(FULL.properties));
    });

    it('changes nothing when a batch comes again, however it is cut', async () => {
      const first = [event(1, 'a'), event(2, 'b')];
      await subject.store.append(new Map([['acme', first]]), { partition: 4, next: 12 });
      await subject.store.append(new Map([['acme', first]]), { partition: 4, next: 12 });
      await subject.store.append(new Map([['acme', [event(1, 'a')]]]), { partition: 4, next: 11 });
      await subject.reopen();
      await subject.store.append(new Map([['acme', first]]), { partition: 4, next: 12 });
      await subject.store.refresh();
      expect(await timelineOf(subject.store, 1)).toEqual(['a']);
      expect(await timelineOf(subject.store, 2)).toEqual(['b']);
      expect(await subject.store.appliedPosition(4)).toBe(12);
    });

    it('keeps a position for each partition, also of batches without events', async () => {
      const { store } = subject;
      expect(await store.appliedPosition(0)).toBeUndefined();
      await store.append(new Map(), { partition: 0, next: 7 });
      await store.append(new Map([['acme', [event(1, 'a')]]]), { partition: 1, next: 3 });
      expect(await store.appliedPosition(0)).toBe(7);
      expect(await store.appliedPosition(1)).toBe(3);
      await subject.reopen();
      expect(await subject.store.appliedPosition(0)).toBe(7);
      expect(await subject.store.appliedPosition(1)).toBe(3);
    });

    it('takes nothing of a batch that it cannot take as a whole', async () => {
      const { store } = subject;
      const bad = event(1, 'bad', { profileId: 'nobody' });
      await expect(
        store.append(
          new Map([
            ['acme', [event(1, 'good', { name: 'New', properties: { fresh: 1 } })]],
            ['globex', [bad]],
          ]),
          { partition: 0, next: 2 },
        ),
      ).rejects.toMatchObject({ code: 'invalid' });
      await store.refresh();
      expect(await store.appliedPosition(0)).toBeUndefined();
      expect(await store.find('acme', 'good')).toBeUndefined();
      await store.append(new Map([['acme', [event(1, 'good', { name: 'New', properties: { fresh: 1 } })]]]), {
        partition: 0,
        next: 2,
      });
      await store.refresh();
      expect(await store.find('acme', 'good')).toMatchObject({ name: 'New', properties: { fresh: 1 } });
    });

    it('takes batches of several partitions and tenants at the same time', async () => {
      const { store } = subject;
      const batches = Array.from({ length: 60 }, (_, number) => ({
        partition: number % 4,
        next: Math.floor(number / 4) + 1,
        events: Array.from({ length: 20 }, (__, index) =>
          event(number % 7, `m-${number}-${index}`, {
            name: `Event ${(number * index) % 11}`,
            properties: { [`property-${number % 13}`]: index % 2 === 0 ? index : `${index}` },
          }),
        ),
      }));
      // Each partition in its order, the partitions beside each other.
      await Promise.all(
        [0, 1, 2, 3].map(async (partition) => {
          for (const batch of batches.filter((one) => one.partition === partition))
            await store.append(new Map([[partition % 2 === 0 ? 'acme' : 'globex', batch.events]]), batch);
        }),
      );
      await store.refresh();
      for (const tenantId of ['acme', 'globex']) {
        const kept: string[] = [];
        for (let number = 0; number < 7; number++) kept.push(...(await timelineOf(store, number, tenantId)));
        const sent = batches.filter(({ partition }) => (partition % 2 === 0) === (tenantId === 'acme'));
        expect(kept.sort()).toEqual(sent.flatMap(({ events }) => idsOf(events)).sort());
      }
    });
  });

  describe('tenants', () => {
    it('never sees the events of another, whatever the ids', async () => {
      const tenants = ['acme', 'Acme', 'a_c', 'a-c', 'ac"me', 'ünï', ''];
      for (const [partition, tenantId] of tenants.entries())
        await new Appender(() => subject.store, partition).append(
          [event(1, `of-${tenantId}`), event(1, 'same', { source: tenantId, timestamp: T - 1 })],
          tenantId,
        );
      await subject.store.moveHistory('acme', profileId(2), profileId(1));
      for (const tenantId of tenants) {
        expect(await timelineOf(subject.store, 1, tenantId)).toEqual([`of-${tenantId}`, 'same']);
        expect((await subject.store.find(tenantId, 'same'))?.source).toBe(tenantId);
        expect(await subject.store.countByName(tenantId, 10)).toEqual([{ name: 'Bought', count: 2, lastSeenAt: T }]);
      }
      expect(await timelineOf(subject.store, 1, 'nobody')).toEqual([]);
      expect(await subject.store.erase('Acme', profileId(1))).toBe(2);
      await subject.store.deleteTenant('a_c');
      await subject.store.refresh();
      for (const tenantId of tenants)
        expect(await timelineOf(subject.store, 1, tenantId)).toHaveLength(
          tenantId === 'Acme' || tenantId === 'a_c' ? 0 : 2,
        );
    });

    it('is new after it was deleted', async () => {
      const appender = new Appender(() => subject.store);
      await appender.append([event(1, 'a', { name: 'Old', properties: { old: 'x' } })]);
      await subject.store.deleteTenant('acme');
      expect(await subject.store.find('acme', 'a')).toBeUndefined();
      await appender.append([event(1, 'b', { name: 'New', properties: { new: 1 } })]);
      expect(await timelineOf(subject.store, 1)).toEqual(['b']);
      expect(await subject.store.countByName('acme', 10)).toEqual([{ name: 'New', count: 1, lastSeenAt: T }]);
      await subject.store.deleteTenant('never-there');
    });
  });
}
