import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPipeline, type Pipeline, T0 } from '../builders/embedded-pipeline.js';

const A = { tenantId: 'tenant-a', id: 'app-a' };
const B = { tenantId: 'tenant-b', id: 'app-b' };
const PAGE = { limit: 100 };
const BOUGHT = { name: 'bought', event: 'Bought', measure: 'count' };
const RULE = { event: 'Bought', count: { op: 'gte' as const, value: 1 } };

/** Every store on the way of an event, asked by tenant B for what is tenant A's, by A's own ids. */
describe('the stores', () => {
  let pipeline: Pipeline;
  let profileId: string;
  let segmentId: string;
  let mergeId: string;
  let aggregateId: string;

  beforeAll(async () => {
    pipeline = await openPipeline();
    const { ingest, segments, aggregates, service } = pipeline;
    for (const app of [A, B])
      await ingest.acceptBatch(
        app,
        {
          batch: [
            {
              type: 'identify',
              messageId: 'm-1',
              userId: 'u1',
              traits: { email: `canary@${app.tenantId}.example`, plan: 'pro' },
            },
            { type: 'track', messageId: 'm-2', userId: 'u1', event: 'Bought', properties: { canary: app.tenantId } },
            { type: 'track', messageId: 'm-3', userId: 'u2', event: 'Viewed' },
          ],
        },
        {},
      );
    await pipeline.settle();
    const [one, two] = [
      await service.byIdentifier(A.tenantId, 'userId:u1'),
      await service.byIdentifier(A.tenantId, 'userId:u2'),
    ];
    profileId = (await service.merge(A.tenantId, one?.id ?? '', two?.id ?? '')).winner;
    mergeId = (await service.merges(A.tenantId, profileId, PAGE)).items[0]?.mergeId ?? '';
    segmentId = (await segments.create(A.tenantId, { name: 'Buyers', rule: RULE })).segment.id;
    aggregateId = (await aggregates.create(A.tenantId, BOUGHT)).id;
    await pipeline.settle();
  }, 60_000);

  afterAll(() => pipeline.destroy());

  /** All that A can read, as text. */
  async function everythingOfA(): Promise<string> {
    const { profiles, events, audience, identities, segments, aggregates, aggregateValues } = pipeline;
    const documents = await profiles.scan(A.tenantId, undefined, 100);
    return JSON.stringify([
      documents,
      (await events.timeline(A.tenantId, profileId, PAGE)).items,
      await events.countByName(A.tenantId, 100),
      await audience.members(A.tenantId, segmentId, PAGE),
      await identities.linksOf(A.tenantId, [profileId]),
      await identities.ledger(A.tenantId, profileId, PAGE),
      (await segments.list(A.tenantId, PAGE)).items.map(({ segment, size }) => [segment, size]),
      (await aggregates.list(A.tenantId, PAGE)).items,
      (await aggregateValues.of(A.tenantId, documents)).values,
    ]);
  }

  it('give B nothing of the profiles of A', async () => {
    const { profiles } = pipeline;
    expect(await profiles.get(B.tenantId, profileId)).toBeUndefined();
    expect(await profiles.getMany(B.tenantId, [profileId])).toEqual([undefined]);
    expect(JSON.stringify(await profiles.scan(B.tenantId, undefined, 100))).not.toContain(A.tenantId);
  });

  it('give B nothing of the history of A, though message ids are the same', async () => {
    const { events } = pipeline;
    expect((await events.timeline(B.tenantId, profileId, PAGE)).items).toEqual([]);
    const asked = [{ profileId, eventNames: ['Bought'], since: Number.NEGATIVE_INFINITY }];
    expect((await events.history(B.tenantId, asked)).size).toBe(0);
    expect((await events.find(B.tenantId, 'm-2'))?.properties).toEqual({ canary: B.tenantId });
    expect((await events.countByName(B.tenantId, 10)).find(({ name }) => name === 'Bought')?.count).toBe(1);
  });

  it('give B nothing of the segments and audiences of A', async () => {
    const { audience, segments } = pipeline;
    const context = { now: T0, timeZone: 'UTC', segments: new Map(), aggregates: new Map() };
    expect((await audience.members(B.tenantId, segmentId, PAGE)).items).toEqual([]);
    expect(await audience.size(B.tenantId, segmentId)).toBe(0);
    expect((await audience.changes(B.tenantId, segmentId, PAGE)).items).toEqual([]);
    expect((await audience.membershipsOf(B.tenantId, [profileId], [segmentId])).get(profileId)?.size ?? 0).toBe(0);
    await audience.refresh(B.tenantId);
    expect((await audience.count(B.tenantId, { all: [] }, context, 10)).total).toBe(2);
    expect((await audience.find(B.tenantId, `canary@${A.tenantId}`, PAGE)).items).toEqual([]);
    await expect(segments.get(B.tenantId, segmentId)).rejects.toMatchObject({ code: 'not_found' });
    await expect(segments.members(B.tenantId, segmentId, PAGE)).rejects.toMatchObject({ code: 'not_found' });
    await expect(segments.delete(B.tenantId, segmentId)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('give B nothing of the aggregates of A', async () => {
    const { aggregates, aggregateStore, aggregateValues, profiles } = pipeline;
    const ofA = await profiles.get(A.tenantId, profileId);
    expect((await aggregateValues.of(A.tenantId, ofA ? [ofA] : [])).values).toEqual([{ bought: 1 }]);
    expect((await aggregateValues.of(B.tenantId, ofA ? [ofA] : [])).values).toEqual([{}]);
    expect((await aggregates.list(B.tenantId, PAGE)).items).toEqual([]);
    expect(await aggregateStore.all(B.tenantId)).toEqual([]);
    const rule = { aggregate: 'bought', op: 'gte', value: 1 };
    for (const ask of [
      () => aggregates.get(B.tenantId, aggregateId),
      () => aggregates.update(B.tenantId, aggregateId, BOUGHT, 1),
      () => aggregates.delete(B.tenantId, aggregateId),
      () => pipeline.segments.create(B.tenantId, { name: 'Of A', rule }),
    ])
      await expect(ask()).rejects.toMatchObject({ code: expect.stringMatching(/not_found|invalid/) });
  });

  it('give B nothing of the identities of A', async () => {
    const { identities } = pipeline;
    const [owner] = await identities.find(B.tenantId, [{ type: 'userId', value: 'u1' }]);
    expect(owner?.profileId).not.toBe(profileId);
    expect(await identities.linksOf(B.tenantId, [profileId])).toEqual([]);
    expect((await identities.ledger(B.tenantId, profileId, PAGE)).items).toEqual([]);
    expect(await identities.entry(B.tenantId, mergeId)).toBeUndefined();
    expect(await identities.undo(B.tenantId, mergeId)).toBeUndefined();
  });

  it('leave everything of A as it was, whatever B erases, builds, snapshots or deletes', async () => {
    const before = await everythingOfA();
    const { profiles, events, audience, identities, segments, aggregateStore } = pipeline;
    await profiles.erase(B.tenantId, profileId, 1_000_000);
    expect(await events.erase(B.tenantId, profileId)).toBe(0);
    await audience.erase(B.tenantId, profileId);
    await audience.apply(B.tenantId, [{ segmentId, profileId, change: 'exited', at: T0 }]);
    await audience.snapshot(B.tenantId, segmentId, 'of-b');
    expect((await audience.snapshotMembers(A.tenantId, 'of-b', PAGE)).items).toEqual([]);
    await audience.deleteSegment(B.tenantId, segmentId);
    await identities.erase(B.tenantId, profileId, T0);
    await segments.create(B.tenantId, { name: 'Buyers', rule: RULE });
    await pipeline.settle();
    for (const store of [profiles, events, audience, identities, aggregateStore]) await store.deleteTenant(B.tenantId);
    expect(await everythingOfA()).toBe(before);
  });
});
