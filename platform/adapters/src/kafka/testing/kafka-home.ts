import { randomUUID } from 'node:crypto';
import { ManualClock, SilentLogger } from '@cdp/core/kernel';
import { deadLetterOf, type Topic } from '@cdp/core/log';
import { engineAddress } from '../../testing/index.js';
import { applyTopics } from '../apply-topics.js';
import { KafkaEventLog } from '../kafka-event-log.js';
import type { KafkaEventLogOptions } from '../kafka-options.js';
import { removeTopics } from './remove-topics.js';

export interface KafkaHome {
  brokers: readonly string[];
  prefix: string;
  open(opening?: Partial<KafkaEventLogOptions>): Promise<KafkaEventLog>;
  remove(): Promise<void>;
}

/** Topics of its own, with dead letters, that are gone after the test. */
export async function kafkaHome(
  topics: readonly Topic[],
  { partitions = 2, brokers = engineAddress('CDP_KAFKA_BROKERS').split(',') } = {},
): Promise<KafkaHome> {
  const prefix = `test-${randomUUID().slice(0, 8)}.`;
  const all = topics.flatMap((topic) => [topic, deadLetterOf(topic)]);
  await applyTopics(
    all.map((topic) => ({ topic, partitions, retentionMs: 3_600_000, compacted: false, ordered: true })),
    { brokers, prefix },
  );
  return {
    brokers,
    prefix,
    open: (opening) =>
      KafkaEventLog.open({
        brokers,
        prefix,
        clock: new ManualClock(Date.now()),
        logger: new SilentLogger(),
        firstRetryMs: 1,
        batchEveryMs: 1,
        heartbeatMs: 50,
        openTimeoutMs: 5_000,
        ...opening,
      }),
    remove: () => removeTopics(brokers, prefix),
  };
}
