import { TOPICS } from '@cdp/core/log';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openPipeline, type Pipeline, T0 } from '../builders/embedded-pipeline.js';

const app = { tenantId: 'acme', id: 'app-1' };
const other = { tenantId: 'globex', id: 'app-2' };

let pipeline: Pipeline;

beforeEach(async () => {
  pipeline = await openPipeline();
});

afterEach(async () => {
  await pipeline.destroy();
});

const batch = (calls: object[], sender = app) => pipeline.ingest.acceptBatch(sender, { batch: calls }, {});
const profileOf = (identifier: string, tenant = 'acme') => pipeline.service.byIdentifier(tenant, identifier);
const timelineOf = async (id: string, tenant = 'acme') =>
  (await pipeline.service.timeline(tenant, id, { limit: 1_000 })).items.map(({ name }) => name).reverse();

describe('from calls to people', () => {
  it('moves what an anonymous visitor did to the person on identify', async () => {
    await batch([
      { type: 'track', anonymousId: 'a1', event: 'Viewed', timestamp: '2026-03-01T10:00:00Z' },
      { type: 'track', userId: 'u1', event: 'Ordered', timestamp: '2026-03-01T10:01:00Z' },
    ]);
    await pipeline.settle();
    await batch([
      { type: 'identify', userId: 'u1', anonymousId: 'a1', traits: { plan: 'pro' }, timestamp: '2026-03-01T10:02:00Z' },
    ]);
    await pipeline.settle();

    const person = await profileOf('userId:u1');
    expect(person?.id).toBe((await profileOf('anonymousId:a1'))?.id);
    expect(await timelineOf(person?.id ?? '')).toEqual(['Viewed', 'Ordered', 'identify']);
    expect(person?.traits.plan?.value).toBe('pro');
  });

  it('keeps two people apart who share a device', async () => {
    await batch([{ type: 'identify', userId: 'u1', anonymousId: 'shared' }]);
    // The two are in partitions of their own, which know no order between them.
    await pipeline.settle();
    await batch([{ type: 'identify', userId: 'u2', anonymousId: 'shared' }]);
    await pipeline.settle();
    expect((await profileOf('userId:u1'))?.id).not.toBe((await profileOf('userId:u2'))?.id);
    expect((await profileOf('anonymousId:shared'))?.id).toBe((await profileOf('userId:u1'))?.id);
  });

  it('leaves both ids of an alias resolvable', async () => {
    await batch([{ type: 'track', userId: 'old', event: 'Viewed' }]);
    await batch([{ type: 'alias', userId: 'new', previousId: 'old' }]);
    await pipeline.settle();
    expect((await profileOf('userId:new'))?.id).toBe((await profileOf('userId:old'))?.id);
    expect((await profileOf('userId:new'))?.id).toBeDefined();
  });

  it.each(['null', 'undefined', 'anonymous', '0', '-1', '00000000-0000-0000-0000-000000000000'])(
    'never joins people on the value %s',
    async (value) => {
      await batch([
        { type: 'identify', userId: 'u1', anonymousId: value },
        { type: 'identify', userId: 'u2', anonymousId: value },
      ]);
      await pipeline.settle();
      expect((await profileOf('userId:u1'))?.id).not.toBe((await profileOf('userId:u2'))?.id);
    },
  );

  it('counts a message once, however often and whenever it comes, also after a restart', async () => {
    const call = { type: 'track', userId: 'u1', event: 'Ordered', messageId: 'm-1' };
    await batch([call, call]);
    await pipeline.settle();
    pipeline = await pipeline.reopen();
    await batch([call]);
    await batch([call], other);
    await pipeline.settle();
    expect(await timelineOf((await profileOf('userId:u1'))?.id ?? '')).toEqual(['Ordered']);
    expect(await timelineOf((await profileOf('userId:u1', 'globex'))?.id ?? '', 'globex')).toEqual(['Ordered']);
  });

  it('ends concurrent claims of one identifier in one profile', async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        batch([{ type: 'identify', userId: 'u1', anonymousId: `device-${index}` }]),
      ),
    );
    await pipeline.settle();
    const person = await profileOf('userId:u1');
    for (let index = 0; index < 40; index++)
      expect((await profileOf(`anonymousId:device-${index}`))?.id).toBe(person?.id);
    expect(await timelineOf(person?.id ?? '')).toHaveLength(40);
  });

  it('takes the last writer of a trait by the time of the event, and removes on null', async () => {
    await batch([
      {
        type: 'identify',
        userId: 'u1',
        traits: { plan: 'new', city: 'Bern', age: 30 },
        timestamp: '2026-03-01T10:00:00Z',
      },
    ]);
    await batch([
      { type: 'identify', userId: 'u1', traits: { plan: 'old', age: null }, timestamp: '2026-03-01T09:00:00Z' },
    ]);
    await batch([{ type: 'identify', userId: 'u1', traits: { city: null }, timestamp: '2026-03-01T11:00:00Z' }]);
    await pipeline.settle();
    const traits = (await profileOf('userId:u1'))?.traits;
    expect([traits?.plan?.value, traits?.age?.value, traits?.city?.value]).toEqual(['new', 30, null]);
  });

  it('corrects the clock of the sender', async () => {
    const wrong = T0 + 3_600_000;
    await pipeline.ingest.acceptBatch(
      app,
      {
        batch: [{ type: 'track', userId: 'u1', event: 'Viewed', timestamp: new Date(wrong - 5_000).toISOString() }],
        sentAt: new Date(wrong).toISOString(),
      },
      {},
    );
    await pipeline.settle();
    const { items } = await pipeline.service.timeline('acme', (await profileOf('userId:u1'))?.id ?? '', { limit: 10 });
    expect(items[0]?.timestamp).toBe(T0 - 5_000);
  });
});

describe('push tokens', () => {
  it('follow the person who registered them last, and are removed by the token alone, also in one batch', async () => {
    const device = (userId: string) => pipeline.ingest.acceptDevice(app, { userId, token: 'tok', platform: 'ios' }, {});
    await device('u1');
    await pipeline.settle();
    await device('u2');
    await pipeline.settle();
    expect((await profileOf('userId:u1'))?.devices).toEqual([]);
    expect((await profileOf('userId:u2'))?.devices).toMatchObject([{ token: 'tok' }]);
    await pipeline.ingest.removeDevice(app, 'tok', undefined, {});
    await pipeline.settle();
    expect((await profileOf('userId:u2'))?.devices).toEqual([]);

    const call = (messageId: string, event: string, more: object) => ({
      tenantId: 'acme',
      appId: 'app-1',
      receivedAt: T0,
      call: { type: 'device', messageId, event, properties: { token: 'new', platform: 'ios' }, ...more },
    });
    const records = [call('d-1', 'Device Registered', { userId: 'u3' }), call('d-2', 'Device Removed', {})].map(
      (message, index) => ({
        partition: 0,
        offset: 1_000_000 + index,
        key: 'k',
        value: Buffer.from(JSON.stringify(message)),
      }),
    );
    const outputs = await pipeline.inbound.handle({ topic: TOPICS.raw, partition: 0, records, last: true });
    const events = outputs.map(({ value }) => JSON.parse(Buffer.from(value).toString()));
    expect(events.map(({ event }) => event.name)).toEqual(['Device Registered', 'Device Removed']);
    expect(new Set(events.map(({ profileId }) => profileId)).size).toBe(1);
  });
});

describe('merging and taking apart', () => {
  it('tells of a merge again when the batch that led to it comes again', async () => {
    await batch([{ type: 'track', anonymousId: 'a1', event: 'Viewed' }]);
    await batch([{ type: 'track', userId: 'u1', event: 'Viewed' }]);
    await pipeline.settle();
    const call = { type: 'identify' as const, messageId: 'm-1', userId: 'u1', anonymousId: 'a1' };
    const value = Buffer.from(JSON.stringify({ tenantId: 'acme', appId: 'app-1', receivedAt: T0, call }));
    const records = [{ partition: 0, offset: 1_000_000, key: 'k', value }];
    const told = async () => {
      const outputs = await pipeline.inbound.handle({ topic: TOPICS.raw, partition: 0, records, last: true });
      return outputs.map((output) => JSON.parse(Buffer.from(output.value).toString()).kind);
    };
    expect(await told()).toEqual(['merge', 'event']);
    // As after a commit that failed: the log has none of it, the identifiers are joined already.
    expect(await told()).toEqual(['merge', 'event']);
  });

  it('counts what a person did before, when the profile that takes it over is itself new in the same batch', async () => {
    const { segment } = await pipeline.segments.create('acme', {
      name: 'looked twice',
      rule: { event: 'Viewed', count: { op: 'gte', value: 2 }, within: { last: '7d' } },
    });
    await pipeline.settle();
    const [loser, winner] = ['01950000-0000-7000-8000-000000000001', '01950000-0000-7000-8000-000000000002'];
    const handle = (partition: number, offset: number, values: object[]) =>
      pipeline.writer.handle({
        topic: TOPICS.enriched,
        partition,
        records: values.map((value, index) => ({
          partition,
          offset: offset + index,
          key: 'k',
          value: Buffer.from(JSON.stringify(value)),
        })),
        last: true,
      });
    const event = (profileId: string, messageId: string, name: string) => ({
      kind: 'event',
      tenantId: 'acme',
      profileId,
      event: {
        messageId,
        type: 'track',
        name,
        timestamp: T0 - 1_000,
        receivedAt: T0,
        properties: {},
        context: {},
        source: 'a',
      },
    });
    await handle(8, 0, [event(loser, 'm-1', 'Viewed'), event(loser, 'm-2', 'Viewed')]);
    const handedOver = await handle(8, 2, [
      { kind: 'merge', tenantId: 'acme', profileId: loser, into: winner, mergeId: 'x', at: T0 },
    ]);
    const absorb = handedOver.find(({ topic }) => topic === TOPICS.enriched);
    await handle(9, 0, [event(winner, 'm-3', 'Ordered'), JSON.parse(Buffer.from(absorb?.value ?? '').toString())]);
    expect(Object.keys((await pipeline.profiles.get('acme', winner))?.memberships ?? {})).toEqual([segment.id]);
  });

  it('undoes a merge: identifiers, history and traits go back, what came since stays', async () => {
    await batch([{ type: 'identify', userId: 'u1', traits: { plan: 'pro' }, timestamp: '2026-03-01T10:00:00Z' }]);
    await pipeline.settle();
    await batch([
      { type: 'identify', userId: 'u2', traits: { plan: 'free', city: 'Bern' }, timestamp: '2026-03-01T11:00:00Z' },
      { type: 'track', userId: 'u2', event: 'Viewed', timestamp: '2026-03-01T11:30:00Z' },
    ]);
    await pipeline.settle();
    const [one, two] = [await profileOf('userId:u1'), await profileOf('userId:u2')];
    const receipt = await pipeline.service.merge('acme', two?.id ?? '', one?.id ?? '');
    await pipeline.settle();
    expect((await pipeline.service.mergeReceipt('acme', receipt.id)).state).toBe('done');
    const merged = await profileOf('userId:u2');
    expect([merged?.id, merged?.traits.plan?.value]).toEqual([one?.id, 'free']);
    expect(await timelineOf(one?.id ?? '')).toEqual(['identify', 'identify', 'Viewed']);
    await batch([{ type: 'identify', userId: 'u1', traits: { city: 'Basel' } }]);
    await pipeline.settle();

    await pipeline.service.unmerge('acme', one?.id ?? '', receipt.id);
    await pipeline.settle();
    const [apart, restored] = [await profileOf('userId:u1'), await profileOf('userId:u2')];
    expect(restored?.id).toBe(two?.id);
    expect([apart?.traits.plan?.value, apart?.traits.city?.value]).toEqual(['pro', 'Basel']);
    expect([restored?.traits.plan?.value, restored?.traits.city?.value]).toEqual(['free', 'Bern']);
    expect(await timelineOf(restored?.id ?? '')).toEqual(['identify', 'Viewed']);
    expect(await timelineOf(apart?.id ?? '')).toEqual(['identify', 'identify']);
  });

  it('erases a person everywhere it can see, and late events do not bring the person back', async () => {
    await batch([{ type: 'identify', userId: 'u1', anonymousId: 'a1', traits: { email: 'ada@example.com' } }]);
    await pipeline.settle();
    const person = await profileOf('userId:u1');
    pipeline.clock.advance(1_000);
    await pipeline.service.erase('acme', person?.id ?? '');
    await pipeline.settle();
    await batch([{ type: 'track', anonymousId: 'a1', event: 'Late', timestamp: new Date(T0 - 60_000).toISOString() }]);
    await pipeline.settle();
    expect(await profileOf('userId:u1')).toBeUndefined();
    expect(await profileOf('anonymousId:a1')).toBeUndefined();
    expect(await profileOf('email:ada@example.com')).toBeUndefined();
    await expect(pipeline.service.get('acme', person?.id ?? '')).rejects.toMatchObject({ code: 'not_found' });
    expect((await pipeline.events.timeline('acme', person?.id ?? '', { limit: 10 })).items).toEqual([]);
  });
});

describe('over random traffic', () => {
  const id = (prefix: string, max: number) => fc.integer({ min: 1, max }).map((n) => `${prefix}${n}`);
  const call = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constant('track'), anonymousId: id('a', 6), event: fc.constant('E') }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('track'), userId: id('u', 4), event: fc.constant('E') }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('identify'), userId: id('u', 4), anonymousId: id('a', 6) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('identify'),
        userId: id('u', 4),
        traits: fc.record({ email: id('e', 3).map((e) => `${e}@x.org`) }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('alias'), userId: id('u', 4), previousId: id('a', 6) }) },
  );

  it('counts each event once, on one living profile, and a replay of the log changes nothing', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(call, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 }),
        async (requests) => {
          const tenantId = `t${run++}`;
          await Promise.all(requests.map((calls) => batch(calls, { tenantId, id: 'app' })));
          await pipeline.settle();
          const documents = await pipeline.profiles.scan(tenantId, undefined, 1_000);
          const living = documents.filter(({ state }) => state === 'active');
          const names = living.flatMap(({ identifiers }) => identifiers.map(({ type, value }) => `${type}:${value}`));
          expect(new Set(names).size).toBe(names.length);
          for (const { id: profileId, identifiers } of living)
            for (const { type, value } of identifiers)
              expect((await profileOf(`${type}:${value}`, tenantId))?.id).toBe(profileId);
          let events = 0;
          for (const { id: profileId } of living) events += (await timelineOf(profileId, tenantId)).length;
          expect(events).toBe(requests.flat().length);

          const before = JSON.stringify(documents);
          for (let partition = 0; partition < pipeline.log.partitionCount(TOPICS.enriched); partition++) {
            const records = await pipeline.log.read(TOPICS.enriched, partition, 0, 100_000);
            if (records.length > 0)
              await pipeline.writer.handle({ topic: TOPICS.enriched, partition, records, last: true });
          }
          expect(JSON.stringify(await pipeline.profiles.scan(tenantId, undefined, 1_000))).toBe(before);
        },
      ),
      { numRuns: 25 },
    );
  });
});
