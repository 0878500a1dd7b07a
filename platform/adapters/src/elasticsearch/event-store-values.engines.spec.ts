import type { Json, JsonObject } from '@cdp/core/kernel';
import type { StoredEvent } from '@cdp/core/profile';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Elastic } from './elastic.js';
import { ElasticEventStore } from './elastic-event-store.js';
import { type ElasticHome, elasticHome } from './testing/index.js';

const T = Date.UTC(2026, 2, 15);
const DAY = 86_400_000;

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
let elastic: Elastic;
let store: ElasticEventStore;
let next = 0;

beforeAll(async () => {
  home = await elasticHome();
  elastic = home.open();
  store = new ElasticEventStore(elastic);
});
afterAll(() => home.remove());

async function append(tenantId: string, events: StoredEvent[]): Promise<void> {
  next += events.length;
  await store.append(new Map([[tenantId, events]]), { partition: 0, next });
  await store.refresh();
}

async function pages(tenantId: string, profile: number, limit: number): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await store.timeline(tenantId, profileId(profile), { limit, cursor });
    events.push(...page.items);
    if (page.nextCursor === null) return events;
    cursor = page.nextCursor;
  }
}

describe('ElasticEventStore', () => {
  it('takes any texts for names and messages, however long or broken, and tells them apart', async () => {
    const texts = ['', ' ', '\ud800', '\udc00', '\u0000', '#', '#digest', 'é', 'e\u0301', 'A', 'a', '\u{1F600}'];
    const long = 'ä'.repeat(20_000);
    const all = [...texts, long, `${long}b`, `${long}\ud800`, 'x'.repeat(1_001)];
    await append(
      'odd',
      all.map((text) => event(1, text, { name: text })),
    );
    for (const text of all) {
      expect(await store.find('odd', text)).toMatchObject({ messageId: text, name: text });
      const named = await store.timeline('odd', profileId(1), { limit: 10, name: text });
      expect(named.items.map(({ messageId }) => messageId)).toEqual([text]);
    }
    expect((await store.countByName('odd', 100)).map(({ name }) => name).sort()).toEqual([...all].sort());
    expect((await pages('odd', 1, 3)).map(({ messageId }) => messageId).sort()).toEqual([...all].sort());
    const history = await store.history('odd', [{ profileId: profileId(1), eventNames: ['\ud800', long], since: 0 }]);
    expect(
      history
        .get(profileId(1))
        ?.map(({ name }) => name)
        .sort(),
    ).toEqual(['\ud800', long].sort());
  });

  it('gives any properties back', async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), async (values) => {
        const properties = JSON.parse(JSON.stringify(values)) as JsonObject;
        const messageId = `any-${number++}`;
        await append('any', [event(1, messageId, { properties })]);
        expect((await store.find('any', messageId))?.properties).toEqual(properties);
      }),
      { numRuns: 40 },
    );
  });

  it('keeps deep, long and many values', async () => {
    let deep: Json = 'bottom';
    for (let level = 0; level < 1_500; level++) deep = level % 2 === 0 ? [deep] : { down: deep };
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`property ${index}`, index]));
    const properties = {
      deep,
      many,
      long: 'ü'.repeat(700_000),
      list: Array.from({ length: 20_000 }, (_, index) => index),
    };
    await append('deep', [event(1, 'deep', { properties })]);
    expect((await store.find('deep', 'deep'))?.properties).toEqual(properties);
    await store.moveHistory('deep', profileId(1), profileId(2));
    await store.refresh();
    expect((await pages('deep', 2, 5)).map((found) => found.properties)).toEqual([properties]);
  });

  it('refuses times that are none, before anything is written', async () => {
    const bad = event(1, 'bad', { timestamp: Number.NaN });
    const appending = store.append(new Map([['bad', [event(1, 'good'), bad]]]), { partition: 9, next: 2 });
    await expect(appending).rejects.toMatchObject({ code: 'invalid' });
    await store.refresh();
    expect(await store.find('bad', 'good')).toBeUndefined();
  });

  it('reads histories of many thousands of events, each profile from its own time on', async () => {
    const events = Array.from({ length: 9_000 }, (_, number) =>
      event(number % 3, `h-${number}`, { timestamp: T - 20 * DAY + Math.floor(number / 3) * 1_000 }),
    );
    for (let from = 0; from < events.length; from += 3_000) await append('long', events.slice(from, from + 3_000));
    const history = await store.history('long', [
      { profileId: profileId(0), eventNames: ['Bought'], since: Number.NEGATIVE_INFINITY },
      { profileId: profileId(1), eventNames: ['Bought'], since: T - 20 * DAY + 2_999_000 },
      { profileId: profileId(2), eventNames: ['Bought'], since: Number.POSITIVE_INFINITY },
    ]);
    expect(history.get(profileId(0))).toHaveLength(3_000);
    const times = history.get(profileId(0))?.map(({ timestamp }) => timestamp) as number[];
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect(history.get(profileId(1))?.map(({ messageId }) => messageId)).toEqual(['h-8998']);
    expect(history.has(profileId(2))).toBe(false);
  });

  it('counts the most frequent names exactly, over months and among thousands of names', async () => {
    const events = Array.from({ length: 6_000 }, (_, number) =>
      event(1, `n-${number}`, {
        name: number % 4 === 0 ? 'Frequent' : number % 4 === 1 ? 'Second' : `Rare ${number}`,
        timestamp: T - (number % 300) * DAY,
      }),
    );
    await append('names', [...events, event(1, 'one more', { name: 'Frequent', timestamp: T + 1 })]);
    expect(await store.countByName('names', 2)).toEqual([
      { name: 'Frequent', count: 1_501, lastSeenAt: T + 1 },
      { name: 'Second', count: 1_500, lastSeenAt: expect.any(Number) },
    ]);
  });

  it('keeps events by month, and drops the months that are over', async () => {
    const at = (text: string) => Date.parse(`${text}T12:00:00Z`);
    const times = ['1969-12-31', '2019-05-01', '2025-12-31', '2026-01-01', '2026-02-28', '2027-06-01'].map(at);
    await append(
      'months',
      times.map((timestamp, number) => event(7, `t-${number}`, { timestamp })),
    );
    const left = async () => (await pages('months', 7, 4)).map(({ messageId }) => messageId);
    expect(await left()).toEqual(['t-5', 't-4', 't-3', 't-2', 't-1', 't-0']);
    const dropped = await store.dropMonthsBefore(Date.UTC(2026, 1, 10));
    const names = dropped.map((name) => name.slice(home.prefix.length));
    expect(names).toEqual(
      expect.arrayContaining(['events_v1-2000', 'events_v1-2019', 'events_v1-202512', 'events_v1-202601']),
    );
    expect(names).not.toContain('events_v1-202602');
    expect(await left()).toEqual(['t-5', 't-4']);
    // Late events of a month that was dropped are kept in it until it is dropped again.
    await append('months', [event(7, 'late', { timestamp: at('2026-01-15') })]);
    expect(await left()).toEqual(['t-5', 't-4', 'late']);
    expect((await store.dropMonthsBefore(Date.UTC(2026, 1, 10))).map((name) => name.slice(home.prefix.length))).toEqual(
      ['events_v1-202601'],
    );
    expect(await left()).toEqual(['t-5', 't-4']);
  });

  it('can begin a tenant anew with the very messages that were deleted', async () => {
    await append('again', [event(1, 'a'), event(2, 'b')]);
    await store.moveHistory('again', profileId(1), profileId(2));
    await store.deleteTenant('again');
    await append('again', [event(1, 'a')]);
    expect((await pages('again', 1, 5)).map(({ messageId }) => messageId)).toEqual(['a']);
    const { count } = await elastic.work((client, bounds) =>
      client.count({ index: elastic.index('lineage_v1'), query: { term: { tenantId: 'again' } } }, bounds),
    );
    expect(count).toBe(0);
  });
});
