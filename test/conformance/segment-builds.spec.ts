import { ManualClock } from '@cdp/core/kernel';
import { TOPICS } from '@cdp/core/log';
import type { Rule } from '@cdp/core/segment';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openPipeline, type Pipeline, T0 } from '../builders/embedded-pipeline.js';

const APP = { tenantId: 't', id: 'app' };
/** More than are told at once. */
const PEOPLE = 2_300;
const GOLD: Rule = { trait: 'plan', op: 'eq', value: 'gold' };
const KNOWN: Rule = { trait: 'plan', op: 'exists' };

let pipeline: Pipeline;
let clock: ManualClock;
beforeEach(async () => {
  clock = new ManualClock(T0);
  pipeline = await openPipeline(undefined, clock);
  const batch = Array.from({ length: PEOPLE }, (_, index) => ({
    type: 'identify',
    messageId: `m${index}`,
    userId: `u${index}`,
    traits: { plan: index % 2 === 0 ? 'gold' : 'free' },
  }));
  await pipeline.ingest.acceptBatch(APP, { batch }, {});
  await pipeline.settle();
}, 60_000);
afterEach(() => pipeline.destroy());

/** How often each thing was told of a segment: `entered 2` for two people who were told to have entered twice. */
async function told(segmentId: string): Promise<Record<string, number>> {
  const times = new Map<string, number>();
  for (let partition = 0; partition < pipeline.log.partitionCount(TOPICS.membership); partition++)
    for (const { value } of await pipeline.log.read(TOPICS.membership, partition, 0, 100_000)) {
      const { segmentId: of, profileId, change } = JSON.parse(value.toString());
      if (of !== segmentId) continue;
      const key = `${profileId} ${change}`;
      times.set(key, (times.get(key) ?? 0) + 1);
    }
  const summed: Record<string, number> = {};
  for (const [key, count] of times) {
    const what = `${key.split(' ')[1]} ${count}`;
    summed[what] = (summed[what] ?? 0) + 1;
  }
  return summed;
}

describe('builds of a segment', () => {
  it('tell each difference once, however many are asked for before it is told', async () => {
    const { segments } = pipeline;
    const { segment } = await segments.create(APP.tenantId, { name: 'S', rule: GOLD });
    await segments.build(APP.tenantId, segment.id);
    clock.advance(1);
    await segments.update(APP.tenantId, segment.id, { rule: KNOWN }, 1);
    for (let time = 0; time < 3; time++) {
      clock.advance(1);
      await segments.build(APP.tenantId, segment.id);
    }
    await pipeline.settle();
    expect(await told(segment.id)).toEqual({ 'entered 1': PEOPLE });
    expect(await segments.get(APP.tenantId, segment.id)).toMatchObject({ size: PEOPLE, segment: { state: 'ready' } });
  });

  it('tell what one left untold whose jobs were lost, once, before they go on', async () => {
    const { segments, audience } = pipeline;
    const { segment } = await segments.create(APP.tenantId, { name: 'S', rule: { any: [] } });
    await pipeline.settle();
    clock.advance(1);
    // As a build does that ends before its jobs are on the log.
    const context = { now: clock.now(), timeZone: 'UTC', segments: new Map(), aggregates: new Map() };
    await audience.refresh(APP.tenantId);
    await audience.build(APP.tenantId, { ...context, segmentId: segment.id, version: 1, rule: GOLD, at: clock.now() });
    clock.advance(1);
    await segments.update(APP.tenantId, segment.id, { rule: KNOWN }, 1);
    await segments.build(APP.tenantId, segment.id);
    await pipeline.settle();
    expect(await told(segment.id)).toEqual({ 'entered 1': PEOPLE });
    await segments.delete(APP.tenantId, segment.id);
    await pipeline.settle();
    expect(await told(segment.id)).toEqual({ 'entered 1': PEOPLE, 'exited 1': PEOPLE });
  });

  it('are told after what profiles told of themselves, also within one instant of the clock', async () => {
    const { segments } = pipeline;
    const { segment } = await segments.create(APP.tenantId, { name: 'S', rule: GOLD });
    await pipeline.settle();
    const turns = { type: 'identify', messageId: 'turns', userId: 'u1', traits: { plan: 'gold' } };
    await pipeline.ingest.acceptBatch(APP, { batch: [turns] }, {});
    await pipeline.settle();
    await segments.update(APP.tenantId, segment.id, { rule: { trait: 'plan', op: 'eq', value: 'free' } }, 1);
    await pipeline.settle();
    const profile = await pipeline.service.byIdentifier(APP.tenantId, 'userId:u1');
    const changes = [];
    for (let partition = 0; partition < pipeline.log.partitionCount(TOPICS.membership); partition++)
      for (const { value } of await pipeline.log.read(TOPICS.membership, partition, 0, 100_000))
        changes.push(JSON.parse(value.toString()));
    const ofProfile = changes.filter((one) => one.profileId === profile?.id).sort((one, other) => one.at - other.at);
    expect(ofProfile.map(({ change }) => change)).toEqual(['entered', 'exited']);
    expect(ofProfile[1].at).toBeGreaterThan(ofProfile[0].at);
  });
});
