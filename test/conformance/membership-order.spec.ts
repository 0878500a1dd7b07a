import { enriched } from '@cdp/core/inbound';
import { TOPICS } from '@cdp/core/log';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openPipeline, type Pipeline, T0 } from '../builders/embedded-pipeline.js';

const TENANT = 'acme';
const [WINNER, LOSER] = ['01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002'];

describe('the instants of what a profile enters and leaves', () => {
  let pipeline: Pipeline;
  beforeEach(async () => {
    pipeline = await openPipeline();
  });
  afterEach(() => pipeline.destroy());

  it('follow each other, also where a merge was decided before its profile entered', async () => {
    const rule = { event: 'Viewed' };
    const { segment } = await pipeline.segments.create(TENANT, { name: 'seen', rule });
    await pipeline.settle();
    pipeline.clock.advance(60_000);
    const event = {
      messageId: 'm-1',
      type: 'track' as const,
      name: 'Viewed',
      timestamp: T0,
      receivedAt: T0,
      properties: {},
      context: {},
      source: 'app',
    };
    const records = [
      enriched({ kind: 'event', tenantId: TENANT, profileId: LOSER, event }),
      // Decided a while ago: the writer of profiles was behind.
      enriched({ kind: 'merge', tenantId: TENANT, profileId: LOSER, into: WINNER, mergeId: 'm', at: T0 + 1_000 }),
    ];
    const changes: { change: string; at: number }[] = [];
    for (const [offset, { key, value }] of records.entries()) {
      const record = { partition: 0, offset, key, value: Buffer.from(value) };
      const outputs = await pipeline.writer.handle({
        topic: TOPICS.enriched,
        partition: 0,
        last: true,
        records: [record],
      });
      for (const output of outputs)
        if (output.topic === TOPICS.membership) changes.push(JSON.parse(Buffer.from(output.value).toString()));
    }
    expect(changes.map(({ change }) => change)).toEqual(['entered', 'exited']);
    expect(changes[1]?.at).toBeGreaterThan(changes[0]?.at ?? 0);
    expect(await pipeline.audience.size(TENANT, segment.id)).toBe(0);
  });
});
