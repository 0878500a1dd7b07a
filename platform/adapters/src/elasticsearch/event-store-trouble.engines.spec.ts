import type { StoredEvent } from '@cdp/core/profile';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { engineAddress } from '../testing/index.js';
import { ElasticEventStore } from './elastic-event-store.js';
import { type ElasticHome, elasticHome, type Trouble, troubleBefore } from './testing/index.js';

const AWAY = { code: 'unavailable' };
const T = Date.UTC(2026, 2, 15);

const profileId = (number: number): string => `0199c000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const event = (profile: number, messageId: string, more: Partial<StoredEvent> = {}): StoredEvent => ({
  profileId: profileId(profile),
  messageId,
  type: 'track',
  name: 'Bought',
  timestamp: T,
  receivedAt: T,
  properties: {},
  context: {},
  source: 'shop',
  ...more,
});

let home: ElasticHome;
let trouble: Trouble;
let tenants = 0;
let tenantId: string;
let partition = 0;

beforeAll(async () => {
  home = await elasticHome();
  trouble = await troubleBefore(engineAddress('CDP_ELASTICSEARCH_URL'));
});
afterEach(() => {
  trouble.happen = () => undefined;
});
afterAll(async () => {
  await trouble.remove();
  await home.remove();
});

/** A store of a process of its own, of a tenant of its own. */
const process = (url = engineAddress('CDP_ELASTICSEARCH_URL')) => new ElasticEventStore(home.open({ url }));
const fresh = (): void => {
  tenantId = `tenant-${tenants++}`;
  partition = tenants;
};
const batch = (events: StoredEvent[]) => new Map([[tenantId, events]]);
const timeline = async (store: ElasticEventStore, profile: number): Promise<string[]> => {
  await store.refresh();
  const { items } = await store.timeline(tenantId, profileId(profile), { limit: 1_000 });
  return items.map(({ messageId }) => messageId).sort();
};
const bodyNames = (part: string) => (_method: string, path: string, body: string) =>
  path.startsWith('/_bulk') && body.includes(part) ? ({ kind: 'answer', status: 503 } as const) : undefined;

describe('ElasticEventStore in trouble', () => {
  it('counts nothing twice when it ended between the documents and the position', async () => {
    fresh();
    const events = [event(1, 'a'), event(1, 'b')];
    trouble.happen = bodyNames('positions_v1');
    const ending = process(trouble.url);
    await expect(ending.append(batch(events), { partition, next: 2 })).rejects.toMatchObject(AWAY);
    const store = process();
    expect(await store.appliedPosition(partition)).toBeUndefined();
    expect(await timeline(store, 1)).toEqual(['a', 'b']);
    // It comes again cut otherwise.
    await store.append(batch([...events, event(1, 'c')]), { partition, next: 3 });
    expect(await timeline(store, 1)).toEqual(['a', 'b', 'c']);
    expect(await store.appliedPosition(partition)).toBe(3);
  });

  it('leaves the position where it was when a part of a batch could not be written, and completes it later', async () => {
    fresh();
    const events = Array.from({ length: 2_500 }, (_, number) => event(1, `m-${number}`));
    trouble.happen = bodyNames('"m-2400"');
    const store = process(trouble.url);
    await expect(store.append(batch(events), { partition, next: 2_500 })).rejects.toMatchObject(AWAY);
    expect(await store.appliedPosition(partition)).toBeUndefined();
    trouble.happen = () => undefined;
    await store.append(batch(events), { partition, next: 2_500 });
    await store.refresh();
    expect(await store.countByName(tenantId, 1)).toEqual([{ name: 'Bought', count: 2_500, lastSeenAt: T }]);
  });

  it('counts once what two processes append at the same time', async () => {
    fresh();
    const events = Array.from({ length: 300 }, (_, number) => event(number % 3, `m-${number}`));
    const stores = [process(), process(), process()];
    await Promise.all(stores.map((store) => store.append(batch(events), { partition, next: 300 })));
    const [store] = stores as [ElasticEventStore];
    expect(await timeline(store, 0)).toHaveLength(100);
    expect(await store.countByName(tenantId, 1)).toEqual([{ name: 'Bought', count: 300, lastSeenAt: T }]);
  });

  it('never goes back to an older position', async () => {
    fresh();
    const store = process();
    await Promise.all([7, 30, 12, 4].map((next) => store.append(new Map(), { partition, next })));
    expect(await store.appliedPosition(partition)).toBe(30);
  });

  it('does not bring erased events back when an old batch comes late', async () => {
    fresh();
    const events = [event(1, 'a')];
    const store = process();
    await store.append(batch(events), { partition, next: 1 });
    expect(await store.erase(tenantId, profileId(1))).toBe(1);
    await process().append(batch(events), { partition, next: 1 });
    expect(await timeline(store, 1)).toEqual([]);
  });

  it('completes a merge that ended half way', async () => {
    fresh();
    const store = process(trouble.url);
    await store.append(batch([event(1, 'a'), event(1, 'b')]), { partition, next: 2 });
    trouble.happen = bodyNames('events_v1');
    await expect(store.moveHistory(tenantId, profileId(1), profileId(2))).rejects.toMatchObject(AWAY);
    trouble.happen = () => undefined;
    // Whatever is asked meanwhile finds each event once.
    expect([...(await timeline(store, 1)), ...(await timeline(store, 2))]).toEqual(['a', 'b']);
    await store.append(batch([event(1, 'late')]), { partition, next: 3 });
    await process().moveHistory(tenantId, profileId(1), profileId(2));
    expect(await timeline(store, 2)).toEqual(['a', 'b', 'late']);
  });

  it('brings the events of merges by several processes at once to the end of their chain', async () => {
    const stores = [process(), process(), process(), process()] as const;
    for (let round = 0; round < 8; round++) {
      fresh();
      await stores[0].append(
        batch([1, 2, 3].flatMap((profile) => [event(profile, `a-${profile}`), event(profile, `b-${profile}`)])),
        { partition, next: 6 },
      );
      await Promise.all([
        stores[0].moveHistory(tenantId, profileId(1), profileId(2)),
        stores[1].moveHistory(tenantId, profileId(2), profileId(3)),
        stores[2].moveHistory(tenantId, profileId(3), profileId(4)),
        stores[3].append(batch([event(1, 'late-1'), event(2, 'late-2')]), { partition, next: 8 }),
      ]);
      // Of a merge that began after an event was being written, the writer of that profile's events knows: it is the same.
      for (const profile of [1, 2, 3])
        await stores[0].moveHistory(tenantId, profileId(profile), profileId(profile + 1));
      expect(await timeline(stores[3], 4)).toHaveLength(8);
    }
  });

  it('lets late events follow a chain that grows while they are written', async () => {
    const [one, other] = [process(), process()];
    for (let round = 0; round < 8; round++) {
      fresh();
      await one.moveHistory(tenantId, profileId(1), profileId(2));
      await Promise.all([
        one.append(batch(Array.from({ length: 50 }, (_, number) => event(1, `m-${number}`))), { partition, next: 50 }),
        other.moveHistory(tenantId, profileId(2), profileId(3)),
      ]);
      expect(await timeline(one, 3)).toHaveLength(50);
    }
  });
});
