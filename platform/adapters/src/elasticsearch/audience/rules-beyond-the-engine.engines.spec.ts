import { ManualClock, UuidIds } from '@cdp/core/kernel';
import type { ProfileDocument, StoredEvent } from '@cdp/core/profile';
import type { PropertyRule, Rule, RuleContext } from '@cdp/core/segment';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type SqlDatabase, SqlSegmentMembers } from '../../sql/index.js';
import { openTestDatabase } from '../../sql/testing/index.js';
import { ElasticEventStore } from '../elastic-event-store.js';
import { ElasticProfileStore } from '../elastic-profile-store.js';
import { type ElasticHome, elasticHome } from '../testing/index.js';
import { ElasticAudience } from './index.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
/** Of the people that were put last. */
let tenantId = 'acme';
const LONG = `${'lorem ipsum '.repeat(200)}Wort`;
const CONTEXT: RuleContext = { now: NOW, timeZone: 'Europe/Berlin', segments: new Map(), aggregates: new Map() };

const profileId = (number: number): string => `0199c000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
const numberOf = (id: string): number => Number.parseInt(id.slice(-12), 16);

const document = (
  number: number,
  traits: Record<string, ProfileDocument['traits'][string]['value']>,
  more: Partial<ProfileDocument> = {},
): ProfileDocument => ({
  tenantId,
  id: profileId(number),
  version: 1,
  state: 'active',
  identifiers: [{ type: 'userId', value: `user-${number}` }],
  traits: Object.fromEntries(Object.entries(traits).map(([name, value]) => [name, { value, at: 1 }])),
  devices: [],
  consents: [],
  firstSeenAt: 1,
  lastSeenAt: 2,
  aggregates: {},
  memberships: {},
  ...more,
});

let nextMessage = 0;

const event = (number: number, name: string, properties: StoredEvent['properties']): StoredEvent => ({
  profileId: profileId(number),
  messageId: `m${nextMessage++}`,
  type: 'track',
  name,
  timestamp: NOW - 1_000,
  receivedAt: NOW - 1_000,
  properties,
  context: {},
  source: 'app',
});

describe('rules that terms of the index cannot answer', () => {
  let home: ElasticHome;
  let db: SqlDatabase;
  let audience: ElasticAudience;
  let profiles: ElasticProfileStore;
  let events: ElasticEventStore;
  let position = 0;
  let tenants = 0;

  beforeAll(async () => {
    home = await elasticHome();
    const elastic = home.open();
    profiles = new ElasticProfileStore(elastic, { partitionOf: (id) => numberOf(id) % 2 });
    events = new ElasticEventStore(elastic);
    db = await openTestDatabase();
    const members = new SqlSegmentMembers(db, new UuidIds(new ManualClock(0)));
    audience = new ElasticAudience({ elastic, profiles, events, members });
  });

  afterAll(async () => {
    await home.remove();
    await db.close();
  });

  const put = async (...documents: ProfileDocument[]) => {
    tenantId = `tenant-${tenants++}`;
    await profiles.putMany(
      tenantId,
      documents.map((one) => ({ ...one, tenantId })),
    );
    await audience.refresh(tenantId);
  };

  const append = async (...some: StoredEvent[]) => {
    await events.append(new Map([[tenantId, some]]), { partition: 0, next: ++position });
    await audience.refresh(tenantId);
  };

  /** By the pages of a search and by the count, which are made in different ways. */
  const fitting = async (rule: Rule, context = CONTEXT): Promise<number[]> => {
    const found: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await audience.search(tenantId, rule, context, { limit: 2, cursor });
      found.push(...page.items.map(numberOf));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect((await audience.count(tenantId, rule, context, 0)).count).toBe(found.length);
    return found;
  };

  it('are answered in process for texts that are longer than a term, or half a sign', async () => {
    await put(
      document(1, { bio: LONG }),
      document(2, { bio: 'Wort' }),
      document(3, { bio: ['x', LONG] }),
      document(4, { bio: `${LONG}.` }),
      document(5, { bio: '\ud83d' }),
      document(6, { bio: '😀 \ufffd' }),
      document(7, {}),
    );
    const bio = (op: string, value: string) => fitting({ trait: 'bio', op, value } as Rule);
    expect(await bio('eq', LONG)).toEqual([1, 3]);
    expect(await bio('neq', LONG)).toEqual([2, 4, 5, 6, 7]);
    expect(await fitting({ trait: 'bio', op: 'in', value: [LONG.slice(1), 'Wort'] })).toEqual([2]);
    expect(await bio('endsWith', 'WORT')).toEqual([1, 2, 3]);
    expect(await bio('contains', 'IPSUM WORT')).toEqual([1, 4]);
    expect(await bio('contains', LONG)).toEqual([1, 3, 4]);
    expect(await bio('startsWith', 'lorem ipsum l')).toEqual([1, 3, 4]);
    expect(await bio('startsWith', LONG.slice(0, 990))).toEqual([1, 3, 4]);
    expect(await bio('contains', 'lorem ipsum '.repeat(20).toUpperCase())).toEqual([1, 4]);
    expect(await bio('eq', '\ud83d')).toEqual([5]);
    expect(await bio('eq', '\ufffd')).toEqual([]);
    expect(await fitting({ not: { trait: 'bio', op: 'contains', value: 'wort' } })).toEqual([3, 5, 6, 7]);
    expect(await fitting({ trait: 'bio', op: 'exists' })).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('are answered for texts of patterns by what they say', async () => {
    await put(
      document(1, { a: 'x*y' }),
      document(2, { a: 'xzy' }),
      document(3, { a: 'x?y\\' }),
      document(4, { a: 'q:x*y' }),
    );
    expect(await fitting({ trait: 'a', op: 'contains', value: '*' })).toEqual([1, 4]);
    expect(await fitting({ trait: 'a', op: 'contains', value: '?' })).toEqual([3]);
    expect(await fitting({ trait: 'a', op: 'endsWith', value: '\\' })).toEqual([3]);
    expect(await fitting({ trait: 'a', op: 'startsWith', value: 'X*' })).toEqual([1]);
    const same = 'aaaaaaaaaa'.repeat(30);
    await put(document(1, { a: `${same}b` }), document(2, { a: same.slice(1) }));
    expect(await fitting({ trait: 'a', op: 'contains', value: same })).toEqual([1]);
    expect(await fitting({ trait: 'a', op: 'endsWith', value: `${same.slice(1)}B` })).toEqual([1]);
  });

  it('are answered for anniversaries of instants by the zone that they are told in', async () => {
    const at = Date.parse('2026-02-28T23:30:00Z'); // 1 March in Berlin, 28 February in Los Angeles
    const context = { ...CONTEXT, now: at };
    await put(
      document(1, { born: '2000-03-01' }),
      document(2, { born: '2000-02-29' }),
      document(3, { born: '2000-02-28' }),
      document(4, { born: '1999-02-28T23:30:00Z' }),
      document(5, { born: Date.parse('1999-02-28T22:30:00Z') }),
      document(6, { born: Date.parse('1970-02-28T23:30:00Z') }),
      document(7, { born: '2026-03-01' }),
      document(8, { born: 12 }),
      document(9, { born: Date.parse('1969-03-01T07:59:59Z') }),
    );
    const rule: Rule = { trait: 'born', op: 'anniversary' };
    expect(await fitting(rule, context)).toEqual([1, 4, 6, 9]);
    expect(await fitting(rule, { ...context, timeZone: 'America/Los_Angeles' })).toEqual([2, 3, 4, 5, 6, 9]);
    expect(await fitting(rule, { ...context, timeZone: 'UTC' })).toEqual([2, 3, 4, 5, 6]);
    expect(await fitting({ not: rule }, { ...context, timeZone: 'UTC' })).toEqual([1, 7, 8, 9]);
  });

  it('are answered from the histories where a filter over events asks of such texts', async () => {
    await put(...[1, 2, 3, 4].map((number) => document(number, {})));
    await append(
      event(1, 'Wrote', { text: LONG }),
      event(2, 'Wrote', { text: 'wort' }),
      event(3, 'Wrote', { text: 'nothing' }),
      event(3, 'Wrote', { text: `${LONG}!` }),
    );
    const where: PropertyRule = { property: 'text', op: 'endsWith', value: 'wort' };
    expect(await fitting({ event: 'Wrote', where })).toEqual([1, 2]);
    expect(await fitting({ not: { event: 'Wrote', where } })).toEqual([3, 4]);
    expect(await fitting({ event: 'Wrote', where: { not: where }, count: { op: 'gte', value: 2 } })).toEqual([3]);
    expect(await fitting({ event: 'Wrote', unique: { property: 'text', op: 'eq', value: 2 } })).toEqual([3]);
  });

  it('measure sums beyond what doubles hold, and values that come several times', async () => {
    await put(...[1, 2, 3].map((number) => document(number, {})));
    await append(
      event(1, 'Paid', { price: 999_999_999_999_999 }),
      event(1, 'Paid', { price: 0.000001 }),
      event(2, 'Paid', { price: [5, 5, 5.5] }),
      event(2, 'Paid', { price: 5 }),
      event(3, 'Paid', { price: 'free' }),
    );
    const paid = (kind: string, op: string, value?: number) =>
      fitting({
        event: 'Paid',
        [kind]: { property: 'price', op, ...(value !== undefined && { value }) },
      } as unknown as Rule);
    expect(await paid('sum', 'gt', 999_999_999_999_999)).toEqual([1]);
    expect(await paid('sum', 'eq', 20.5)).toEqual([2]);
    expect(await paid('sum', 'eq', 0)).toEqual([3]);
    expect(await paid('avg', 'eq', 5.125)).toEqual([2]);
    expect(await paid('unique', 'eq', 2)).toEqual([1, 2]);
    expect(await paid('max', 'missing')).toEqual([3]);
  });

  it('are found by a piece of a text, long or not', async () => {
    await put(
      document(1, { bio: LONG }),
      document(2, { deep: { list: ['Überall'] } }),
      document(3, {}, { identifiers: [{ type: 'email', value: `Zoe${'y'.repeat(60)}@x.example` }] }),
    );
    const find = async (text: string) => (await audience.find(tenantId, text, { limit: 9 })).items.map(numberOf);
    expect(await find('SUM WORT')).toEqual([1]);
    expect(await find('ÜBER')).toEqual([2]);
    expect(await find(`OE${'y'.repeat(60)}@`)).toEqual([3]);
    expect(await find(`OE${'y'.repeat(59)}@`)).toEqual([]);
    expect(await find('list')).toEqual([]);
    expect(await find('email')).toEqual([]);
  });

  it('tell who was written beyond a position', async () => {
    await put(
      document(1, {}, { version: 5 }),
      document(2, {}, { version: 5 }),
      document(3, {}, { version: 6 }),
      document(4, {}, { version: 9, state: 'merged' }),
    );
    const beyond = async (positions: [number, number][]) =>
      (await audience.writtenBeyond(tenantId, new Map(positions), { limit: 9 })).items.map(numberOf);
    expect(
      await beyond([
        [0, 4],
        [1, 5],
      ]),
    ).toEqual([2, 3]);
    expect(await beyond([[1, 5]])).toEqual([2, 3]);
    expect(
      await beyond([
        [0, 5],
        [1, 6],
      ]),
    ).toEqual([]);
    expect(await beyond([])).toEqual([1, 2, 3]);
    const first = await audience.writtenBeyond(tenantId, new Map(), { limit: 2 });
    expect(first.items.map(numberOf)).toEqual([1, 2]);
    const rest = await audience.writtenBeyond(tenantId, new Map(), { limit: 2, cursor: first.nextCursor ?? '' });
    expect([rest.items.map(numberOf), rest.nextCursor]).toEqual([[3], null]);
    expect((await audience.writtenBeyond('other', new Map(), { limit: 2 })).items).toEqual([]);
  });
});
