import { randomUUID } from 'node:crypto';
import { SilentLogger, SystemClock } from '@cdp/core/kernel';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { engineAddress } from '../testing/index.js';
import { applyTopics } from './apply-topics.js';
import { KafkaEventLog } from './kafka-event-log.js';
import { removeTopics } from './testing/remove-topics.js';
import type { TopicDeclaration } from './topic-declarations.js';

describe('applying topics', () => {
  let prefix: string;
  let brokers: string[];
  const topic = (over: Partial<TopicDeclaration> = {}): TopicDeclaration => ({
    topic: 'a',
    partitions: 2,
    retentionMs: 3_600_000,
    compacted: false,
    ordered: true,
    ...over,
  });
  const apply = (...declarations: TopicDeclaration[]) => applyTopics(declarations, { brokers, prefix });
  const withLog = async (work: (log: KafkaEventLog) => Promise<void>) => {
    const log = await KafkaEventLog.open({ brokers, prefix, clock: new SystemClock(), logger: new SilentLogger() });
    await work(log).finally(() => log.close());
  };

  beforeEach(() => {
    brokers = engineAddress('CDP_KAFKA_BROKERS').split(',');
    prefix = `test-${randomUUID().slice(0, 8)}.`;
  });
  afterEach(() => removeTopics(brokers, prefix));

  it('makes what is missing, sets what differs, and then changes nothing', async () => {
    expect(await apply(topic())).toEqual({ created: ['a'], changed: [] });
    expect(await apply(topic(), topic({ topic: 'b', partitions: 3 }))).toEqual({ created: ['b'], changed: [] });
    expect(await apply(topic({ retentionMs: 7_200_000, compacted: true }))).toEqual({ created: [], changed: ['a'] });
    expect(await apply(topic({ retentionMs: 7_200_000, compacted: true }))).toEqual({ created: [], changed: [] });
    await withLog(async (log) => {
      expect([log.partitionCount('a'), log.partitionCount('b')]).toEqual([2, 3]);
    });
  });

  it('raises the partitions of a topic without records, and of one whose keys may move', async () => {
    await apply(topic(), topic({ topic: 'b', ordered: false }));
    await withLog((log) => log.append([{ topic: 'b', key: 'k', value: Buffer.from('v') }]));
    const applied = await apply(topic({ partitions: 4 }), topic({ topic: 'b', ordered: false, partitions: 4 }));
    expect(applied).toEqual({ created: [], changed: ['a', 'b'] });
    await withLog(async (log) => {
      expect([log.partitionCount('a'), log.partitionCount('b')]).toEqual([4, 4]);
    });
  });

  it('refuses, before it changes anything, partitions that would move keys or take records away', async () => {
    await apply(topic());
    await withLog((log) => log.append([{ topic: 'a', key: 'k', value: Buffer.from('v') }]));
    const other = topic({ topic: 'b' });
    await expect(apply(other, topic({ partitions: 4 }))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('move to another partition'),
    });
    await expect(apply(other, topic({ partitions: 1 }))).rejects.toMatchObject({ code: 'conflict' });
    expect(await apply(other, topic())).toEqual({ created: ['b'], changed: [] });
  });

  it('leaves undeclared topics unknown, and says so', async () => {
    await apply(topic());
    await withLog(async (log) => {
      await expect(log.append([{ topic: 'elsewhere', key: 'k', value: Buffer.alloc(0) }])).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringContaining('cdp migrate'),
      });
    });
  });

  it('says whom it could not reach', async () => {
    await expect(applyTopics([topic()], { brokers: ['127.0.0.1:1'], prefix })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
