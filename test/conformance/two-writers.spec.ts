import { enriched } from '@cdp/core/inbound';
import { TOPICS } from '@cdp/core/log';
import type { ProfileDocument, ProfileStore } from '@cdp/core/profile';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openPipeline, type Pipeline, T0 } from '../builders/embedded-pipeline.js';

const TENANT = 'acme';
const PROFILE = '01900000-0000-7000-8000-000000000001';
const APP = { tenantId: TENANT, id: 'app' };

/** The documents as a process sees them that is slow to write them: it waits for its turn. */
function slowOn(profiles: ProfileStore, turn: Promise<void>): ProfileStore {
  const slow = Object.create(profiles) as ProfileStore;
  slow.getMany = (tenantId, ids) => profiles.getMany(tenantId, ids);
  slow.putMany = async (tenantId, documents: readonly ProfileDocument[]) => {
    await turn;
    return profiles.putMany(tenantId, documents);
  };
  return slow;
}

/** A partition that moved: the process that had it wrote its last batch, but could not commit it, while the next one began with it. */
describe('two writers of one partition', () => {
  let pipeline: Pipeline;
  beforeEach(async () => {
    pipeline = await openPipeline();
  });
  afterEach(() => pipeline.destroy());

  const view = (number: number) =>
    enriched({
      kind: 'event',
      tenantId: TENANT,
      profileId: PROFILE,
      identifiers: [{ type: 'userId', value: 'ada' }],
      event: {
        messageId: `m-${number}`,
        type: 'track',
        name: 'Viewed',
        timestamp: T0 + number,
        receivedAt: T0 + number,
        properties: {},
        context: {},
        source: 'app',
      },
    } as unknown as Parameters<typeof enriched>[0]);

  const batch = (from: number, to: number) => ({
    topic: TOPICS.enriched,
    partition: 0,
    last: true,
    records: Array.from({ length: to - from }, (_, at) => {
      const { key, value } = view(from + at);
      return { partition: 0, offset: from + at, key, value: Buffer.from(value) };
    }),
  });

  const told = (records: readonly { topic: string; value: Uint8Array }[]): string[] =>
    records
      .filter(({ topic }) => topic === TOPICS.membership)
      .map(({ value }) => (JSON.parse(Buffer.from(value).toString()) as { change: string }).change);

  it('tell of a profile what was written of it, and not what another had written before', async () => {
    await pipeline.ingest.acceptCall(APP, 'identify', { userId: 'somebody' }, {});
    const { segment } = await pipeline.segments.create(TENANT, {
      name: 'seen once or twice',
      rule: { event: 'Viewed', count: { op: 'between', value: [1, 2] } },
    });
    await pipeline.settle();
    const { profiles, audience } = pipeline;
    const ahead = Promise.withResolvers<void>();
    const first = pipeline.writerOn(profiles);
    const next = pipeline.writerOn(slowOn(profiles, ahead.promise));
    // It reads the profile before the other has written it, and its batch is cut otherwise.
    const cut = next.handle(batch(0, 1));
    await first.handle(batch(0, 3));
    ahead.resolve();
    const outputs = [...(await cut), ...(await next.handle(batch(1, 3)))];
    expect(told(outputs)).toEqual([]);
    expect(await audience.size(TENANT, segment.id)).toBe(0);
    expect((await profiles.get(TENANT, PROFILE))?.version).toBe(3);
  });

  it('tell once what the one that could not commit had written', async () => {
    await pipeline.ingest.acceptCall(APP, 'identify', { userId: 'somebody' }, {});
    const { segment } = await pipeline.segments.create(TENANT, { name: 'seen', rule: { event: 'Viewed' } });
    await pipeline.settle();
    const ahead = Promise.withResolvers<void>();
    const first = pipeline.writerOn(pipeline.profiles);
    const next = pipeline.writerOn(slowOn(pipeline.profiles, ahead.promise));
    const same = next.handle(batch(0, 3));
    await first.handle(batch(0, 3));
    ahead.resolve();
    const outputs = [...(await same), ...(await next.handle(batch(3, 4)))];
    expect(told(outputs)).toEqual(['entered']);
    expect(await pipeline.audience.size(TENANT, segment.id)).toBe(1);
  });
});
