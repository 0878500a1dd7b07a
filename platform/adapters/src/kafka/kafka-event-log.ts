import { setTimeout as after } from 'node:timers/promises';
import { invalid } from '@cdp/core/kernel';
import {
  type ConsumeOptions,
  type Consumer,
  EventLog,
  type LogRecord,
  type StoredRecord,
  type Topic,
} from '@cdp/core/log';
import { assertKey, assertName, partitionOf } from '../log/index.js';
import { MAX_MESSAGE_BYTES } from './apply-topics.js';
import { BatchProducer } from './batch-producer.js';
import { KafkaCluster } from './kafka-cluster.js';
import { groupIdOf, KafkaConsumerGroup } from './kafka-consumer-group.js';
import { away, textOf } from './kafka-error.js';
import { addressesOf, connectionOptions, type KafkaEventLogOptions } from './kafka-options.js';
import { committedOffsets, offsetsOf } from './partition-offsets.js';
import { readCommitted } from './read-committed.js';

const REQUEST_MS = 10_000;
const OPEN_RETRY_MS = 250;
/** What a record has around it, at the most. */
const OVERHEAD = 8_192;

/** The log in a cluster of Kafka. Its topics are declared and applied beforehand: `applyTopics`. */
export class KafkaEventLog extends EventLog {
  readonly #options: KafkaEventLogOptions;
  readonly #prefix: string;
  readonly #cluster: KafkaCluster;
  readonly #producer: BatchProducer;
  readonly #maxValueBytes: number;
  readonly #groups = new Map<string, KafkaConsumerGroup>();
  #partitions: ReadonlyMap<string, number> = new Map();
  #closed = false;

  private constructor(options: KafkaEventLogOptions) {
    super();
    this.#options = options;
    this.#prefix = options.prefix ?? '';
    this.#cluster = this.#connect(REQUEST_MS);
    const { clock, logger, maxPendingBytes = 64 * 1024 * 1024, appendTimeoutMs = 1_800 } = options;
    this.#maxValueBytes = Math.min(maxPendingBytes, MAX_MESSAGE_BYTES - OVERHEAD);
    this.#producer = new BatchProducer({
      cluster: this.#connect(appendTimeoutMs),
      clock,
      logger,
      maxPendingBytes,
      appendTimeoutMs,
      nameOf: (topic) => this.#prefix + topic,
      partitionCount: (topic) => this.partitionCount(topic),
    });
  }

  /** Waits for the brokers; `unavailable` when they do not answer in time. */
  static async open(options: KafkaEventLogOptions): Promise<KafkaEventLog> {
    const log = new KafkaEventLog(options);
    const until = performance.now() + (options.openTimeoutMs ?? 30_000);
    for (;;) {
      try {
        await log.#learnTopics();
        return log;
      } catch (error) {
        if (performance.now() > until) {
          await log.close();
          throw away(`Kafka does not answer at ${options.brokers.join(', ')}: ${textOf(error)}`, error);
        }
      }
      await after(OPEN_RETRY_MS);
    }
  }

  override async append(records: readonly LogRecord[]): Promise<void> {
    if (records.length === 0) return;
    this.#assertOpen();
    for (const record of records) this.#assertStorable(record);
    await this.#producer.append(records);
  }

  override async consume(options: ConsumeOptions): Promise<Consumer> {
    this.#assertOpen();
    assertName('group', options.group);
    this.partitionCount(options.topic);
    const name = `${options.group}/${options.topic}`;
    let group = this.#groups.get(name);
    if (!group) {
      group = this.#newGroup(options.group, options.topic);
      this.#groups.set(name, group);
    }
    return group.join(options);
  }

  override async read(topic: Topic, partition: number, from: number, limit: number): Promise<StoredRecord[]> {
    this.#assertOpen();
    const name = this.#prefix + topic;
    return this.#cluster.steadily(() => readCommitted(this.#cluster, name, partition, { from, limit }));
  }

  override partitionCount(topic: Topic): number {
    const count = this.#partitions.get(this.#prefix + topic);
    if (count === undefined) {
      assertName('topic', topic);
      throw invalid('topic', `"${topic}" is not there: declare it in infra/kafka/topics.json and run cdp migrate`);
    }
    return count;
  }

  override partitionOf(topic: Topic, key: string): number {
    return partitionOf(key, this.partitionCount(topic));
  }

  override async endOffset(topic: Topic, partition: number): Promise<number> {
    this.#assertOpen();
    const name = this.#prefix + topic;
    const [end = 0] = await this.#cluster.steadily(() => offsetsOf(this.#cluster, name, [partition], 'stable'));
    return end;
  }

  override async positions(group: string, topic: Topic): Promise<number[]> {
    this.#assertOpen();
    const partitions = this.#partitionsOf(topic);
    const name = this.#prefix + topic;
    return this.#cluster.steadily(async () => {
      const committed = await committedOffsets(this.#cluster, groupIdOf(this.#prefix, group, topic), name, partitions);
      const firsts = await offsetsOf(this.#cluster, name, partitions, 'first');
      return partitions.map((partition) => committed[partition] ?? firsts[partition] ?? 0);
    });
  }

  override async lag(group: string, topic: Topic): Promise<number> {
    // The positions first: what is handled in between must not make the difference negative.
    const positions = await this.positions(group, topic);
    const ends = await this.#cluster.steadily(() =>
      offsetsOf(this.#cluster, this.#prefix + topic, this.#partitionsOf(topic), 'end'),
    );
    return positions.reduce((sum, position, partition) => sum + Math.max(0, (ends[partition] ?? 0) - position), 0);
  }

  override async close(): Promise<void> {
    if (this.#closed) return;
    await Promise.all([...this.#groups.values()].map((group) => group.stop()));
    this.#closed = true;
    await this.#producer.close();
    this.#cluster.close();
  }

  #connect = (requestTimeoutMs: number): KafkaCluster =>
    new KafkaCluster(addressesOf(this.#options.brokers), connectionOptions(this.#options, requestTimeoutMs));

  #newGroup(name: string, topic: Topic): KafkaConsumerGroup {
    const { clock, logger, firstRetryMs, batchEveryMs, sessionTimeoutMs, heartbeatMs } = this.#options;
    return new KafkaConsumerGroup({
      name,
      topic,
      clock,
      logger,
      prefix: this.#prefix,
      partitionCount: (of) => this.partitionCount(of),
      connect: () => this.#connect(REQUEST_MS),
      assertStorable: (record) => this.#assertStorable(record),
      firstRetryMs: firstRetryMs ?? 50,
      batchEveryMs: batchEveryMs ?? 100,
      sessionTimeoutMs: sessionTimeoutMs ?? 10_000,
      heartbeatMs: heartbeatMs ?? 1_000,
    });
  }

  #partitionsOf(topic: Topic): number[] {
    return Array.from({ length: this.partitionCount(topic) }, (_, partition) => partition);
  }

  async #learnTopics(): Promise<void> {
    const { leaders } = await this.#cluster.look();
    this.#partitions = new Map([...leaders].map(([topic, partitions]) => [topic, partitions.length]));
  }

  #assertStorable({ topic, key, value }: LogRecord): void {
    assertKey(key);
    if (value.byteLength > this.#maxValueBytes) throw invalid('value', 'is bigger than the log can take');
    this.partitionCount(topic);
  }

  #assertOpen(): void {
    if (this.#closed) throw away('The log is closed.');
  }
}

export const openKafkaLog = (options: KafkaEventLogOptions): Promise<EventLog> => KafkaEventLog.open(options);
