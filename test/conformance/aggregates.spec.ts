import { ManualClock } from '@cdp/core/kernel';
import type { NamedAggregate, Rule } from '@cdp/core/segment';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openPipeline, type Pipeline, T0 } from '../builders/embedded-pipeline.js';

const APP = { tenantId: 't', id: 'app' };
const DAY = 86_400_000;
const PAGE = { limit: 100 };
const BOUGHT: NamedAggregate = { name: 'bought', event: 'Bought', measure: 'count' };
const RECENT: NamedAggregate = { ...BOUGHT, name: 'recent', within: { last: '7d' } };

let pipeline: Pipeline;
let clock: ManualClock;
let sent = 0;
beforeEach(async () => {
  clock = new ManualClock(T0);
  pipeline = await openPipeline(undefined, clock);
});
afterEach(() => pipeline.destroy());

async function happened(userId: string, event: string, daysAgo = 1, properties = {}): Promise<void> {
  const timestamp = new Date(clock.now() - daysAgo * DAY).toISOString();
  const call = { type: 'track', messageId: `m${sent++}`, userId, event, timestamp, properties };
  await pipeline.ingest.acceptBatch(APP, { batch: [call] }, {});
  await pipeline.settle();
}

async function figuresOf(...userIds: string[]): Promise<unknown[]> {
  const found = await Promise.all(
    userIds.map((userId) => pipeline.service.byIdentifier(APP.tenantId, `userId:${userId}`)),
  );
  const documents = found.filter((document) => document !== undefined);
  return (await pipeline.aggregateValues.of(APP.tenantId, documents)).values;
}

const idOf = async (userId: string): Promise<string> =>
  (await pipeline.service.byIdentifier(APP.tenantId, `userId:${userId}`))?.id ?? '';

const create = (aggregate: NamedAggregate) => pipeline.aggregates.create(APP.tenantId, aggregate);

async function segment(name: string, rule: Rule): Promise<string> {
  const made = await pipeline.segments.create(APP.tenantId, { name, rule });
  await pipeline.settle();
  return made.segment.id;
}

const membersOf = async (id: string): Promise<string[]> =>
  (await pipeline.segments.members(APP.tenantId, id, PAGE)).items.map(({ profileId }) => profileId);

describe('aggregates of a tenant', () => {
  it('are read from the history until the profile is written again, and are kept on it from then on', async () => {
    await happened('ann', 'Bought');
    await happened('ben', 'Bought');
    await create(BOUGHT);
    expect(await figuresOf('ann', 'ben')).toEqual([{ bought: 1 }, { bought: 1 }]);
    await happened('ann', 'Looked');
    // What is kept does not need the history; what is not has nothing without it.
    for (const userId of ['ann', 'ben']) await pipeline.events.erase(APP.tenantId, await idOf(userId));
    expect(await figuresOf('ann', 'ben')).toEqual([{ bought: 1 }, { bought: 0 }]);
    pipeline = await pipeline.reopen();
    expect(await figuresOf('ann')).toEqual([{ bought: 1 }]);
    await happened('ann', 'Bought');
    expect(await figuresOf('ann')).toEqual([{ bought: 2 }]);
  });

  it('are as of when they are asked: a window moves on without an event', async () => {
    await create(RECENT);
    await happened('ann', 'Bought', 6);
    await happened('ann', 'Bought', 1);
    expect(await figuresOf('ann')).toEqual([{ recent: 2 }]);
    clock.advance(2 * DAY);
    expect(await figuresOf('ann')).toEqual([{ recent: 1 }]);
    clock.advance(5 * DAY);
    expect(await figuresOf('ann')).toEqual([{ recent: 0 }]);
    expect((await pipeline.aggregateValues.of(APP.tenantId, [])).asOf).toBe(clock.now());
  });

  it('show every measure, and null where there is no figure', async () => {
    const measures = ['sum', 'avg', 'min', 'max', 'unique'] as const;
    for (const measure of measures) await create({ name: measure, event: 'Bought', measure, property: 'total' });
    for (const measure of ['first', 'last'] as const) await create({ name: measure, event: 'Bought', measure });
    await happened('ann', 'Looked');
    const none = { sum: 0, avg: null, min: null, max: null, unique: 0, first: null, last: null };
    expect(await figuresOf('ann')).toEqual([none]);
    for (const [daysAgo, total] of [
      [3, 0.1],
      [2, 0.2],
      [1, 0.2],
    ] as const)
      await happened('ann', 'Bought', daysAgo, { total });
    const at = (daysAgo: number) => new Date(T0 - daysAgo * DAY).toISOString();
    const some = { sum: 0.5, avg: 0.5 / 3, min: 0.1, max: 0.2, unique: 2, first: at(3), last: at(1) };
    expect(await figuresOf('ann')).toEqual([some]);
  });

  it('count for the profile that a person became, and apart again after an unmerge', async () => {
    await create(BOUGHT);
    await happened('ann', 'Bought');
    await happened('ann-too', 'Bought');
    const [one, other] = [await idOf('ann'), await idOf('ann-too')];
    const merge = await pipeline.service.merge(APP.tenantId, one, other);
    await pipeline.settle();
    expect(await figuresOf('ann')).toEqual([{ bought: 2 }]);
    await pipeline.service.unmerge(APP.tenantId, merge.winner, merge.id);
    await pipeline.settle();
    const documents = await pipeline.service.many(APP.tenantId, [one, other]);
    expect((await pipeline.aggregateValues.of(APP.tenantId, documents)).values).toEqual([{ bought: 1 }, { bought: 1 }]);
  });

  it('are told apart though they are made, deleted and made again at one instant', async () => {
    await happened('ann', 'Bought');
    const [, last] = await Promise.all([create(BOUGHT), create(RECENT)]);
    await happened('ann', 'Looked');
    await pipeline.aggregates.delete(APP.tenantId, last.id);
    await create({ ...RECENT, event: 'Looked' });
    expect(await figuresOf('ann')).toEqual([{ bought: 1, recent: 1 }]);
    await happened('ann', 'Looked');
    expect(await figuresOf('ann')).toEqual([{ bought: 1, recent: 2 }]);
  });

  it('keep segments right that ask them, through nesting and a change, and tell each difference once', async () => {
    const { id } = await create(BOUGHT);
    await happened('ann', 'Bought');
    await happened('ben', 'Looked');
    const [ann, ben] = [await idOf('ann'), await idOf('ben')];
    const buyers = await segment('Buyers', { aggregate: 'bought', op: 'gte', value: 1 });
    const others = await segment('Others', { not: { segment: buyers } });
    expect([await membersOf(buyers), await membersOf(others)]).toEqual([[ann], [ben]]);
    await pipeline.aggregates.update(APP.tenantId, id, { ...BOUGHT, event: 'Looked' }, 1);
    await pipeline.settle();
    expect([await membersOf(buyers), await membersOf(others)]).toEqual([[ben], [ann]]);
    await happened('ann', 'Looked');
    expect([await membersOf(buyers), await membersOf(others)]).toEqual([[ann, ben].toSorted(), []]);
  });

  it('move the members of a segment with time, as a condition on events does', async () => {
    await create(RECENT);
    await create({ name: 'latest', event: 'Bought', measure: 'last' });
    await happened('ann', 'Bought', 6);
    const recent = await segment('Recent', { aggregate: 'recent', op: 'gte', value: 1 });
    const lately = await segment('Lately', { aggregate: 'latest', op: 'withinLast', value: '7d' });
    expect([await membersOf(recent), await membersOf(lately)]).toEqual([[await idOf('ann')], [await idOf('ann')]]);
    clock.advance(DAY + 1);
    await pipeline.ticker.tick();
    await pipeline.settle();
    expect([await membersOf(recent), await membersOf(lately)]).toEqual([[], []]);
  });

  it('have the segments built that a crash came in the way of', async () => {
    const aggregate = await create(BOUGHT);
    await happened('ann', 'Looked');
    const buyers = await segment('Buyers', { aggregate: 'bought', op: 'gte', value: 1 });
    expect(await membersOf(buyers)).toEqual([]);
    // The change is stored, and nothing after it was done.
    const changed = { ...aggregate, definition: { ...BOUGHT, event: 'Looked' }, version: 2, since: clock.now() + 10 };
    expect(await pipeline.aggregateStore.replace(APP.tenantId, changed, 1)).toBe('changed');
    pipeline = await pipeline.reopen();
    await pipeline.settle();
    expect(await membersOf(buyers)).toEqual([await idOf('ann')]);
  });

  it('are not changed into what a segment could not ask, nor renamed or deleted while one asks them', async () => {
    const { id } = await create(BOUGHT);
    const buyers = await segment('Buyers', { aggregate: 'bought', op: 'gte', value: 1 });
    const nesting = await segment('Nesting', { all: [{ segment: buyers }] });
    const inUse = { code: 'conflict', errors: [{ path: buyers }, { path: nesting }] };
    await expect(pipeline.aggregates.delete(APP.tenantId, id)).rejects.toMatchObject(inUse);
    const change = (definition: NamedAggregate) => pipeline.aggregates.update(APP.tenantId, id, definition, 1);
    await expect(change({ ...BOUGHT, name: 'ordered' })).rejects.toMatchObject(inUse);
    await expect(change({ ...BOUGHT, measure: 'last' })).rejects.toMatchObject({
      code: 'conflict',
      errors: [{ path: buyers, message: expect.stringContaining('rule.op') }],
    });
    await pipeline.segments.update(APP.tenantId, nesting, { rule: { all: [] } }, 1);
    await pipeline.segments.delete(APP.tenantId, buyers);
    expect((await change({ ...BOUGHT, name: 'ordered', measure: 'last' })).version).toBe(2);
    await expect(change(BOUGHT)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('follow the tenant into another time zone, also when that happened while nobody looked', async () => {
    const day: NamedAggregate = { ...BOUGHT, where: { property: 'at', op: 'onDay', value: '2026-03-01' } };
    await create(day);
    await create(RECENT);
    // Late on the last day of February in UTC, on the first of March in Auckland.
    await happened('ann', 'Bought', 1, { at: '2026-02-28T20:00:00Z' });
    expect(await figuresOf('ann')).toEqual([{ bought: 0, recent: 1 }]);
    pipeline = await pipeline.reopen('Pacific/Auckland');
    expect(await figuresOf('ann')).toEqual([{ bought: 1, recent: 1 }]);
    await happened('ann', 'Bought', 1, { at: '2026-03-01T20:00:00Z' });
    expect(await figuresOf('ann')).toEqual([{ bought: 1, recent: 2 }]);
  });

  it('are so many and no more', async () => {
    for (let index = 0; index < 10; index++) await create({ ...BOUGHT, name: `a${index}` });
    await expect(create(BOUGHT)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('10') });
  });
});
