import { setTimeout as after } from 'node:timers/promises';
import type { Clock } from '@cdp/core/kernel';
import type { LogRecord, Topic } from '@cdp/core/log';
import { partitionOf } from '../log/index.js';
import { Turn } from '../turn.js';
import type { KafkaCluster } from './kafka-cluster.js';
import { away, isFenced, isOf } from './kafka-error.js';
import {
  type Broker,
  encodeRecordBatch,
  LEADER_NOT_AVAILABLE,
  mostBytesOf,
  type PartitionData,
  type ProducerIdentity,
  produceRequest,
  protocolError,
} from './wire/index.js';

export interface TransactionWriterOptions {
  cluster: KafkaCluster;
  clock: Clock;
  /** Of the transactions: whoever begins under it last is the only one who can write. */
  id: string;
  /** The group whose position moves with the records, and the partition that it is a position in: names at the brokers. */
  group: string;
  topic: string;
  partition: number;
  nameOf: (topic: Topic) => string;
  partitionCount: (topic: Topic) => number;
}

/** After this many milliseconds the brokers give up a transaction that nobody ends, and others can read past it. */
const TRANSACTION_MS = 30_000;
const MAX_BATCH_BYTES = 1024 * 1024;
const FIRST_WAIT_MS = 1;
const MAX_WAIT_MS = 20;
const PATIENCE_MS = 10_000;
const SEQUENCES = 2 ** 31;

/** Writes what follows from the batches of one partition, each with the group's position in one transaction. */
export class TransactionWriter {
  readonly #options: TransactionWriterOptions;
  readonly #cluster: KafkaCluster;
  readonly #sequences = new Map<string, number>();
  #identity: ProducerIdentity | undefined;
  /** The last transaction may not be visible everywhere yet. */
  #unsettled = false;
  readonly #turn = new Turn();

  constructor(options: TransactionWriterOptions) {
    this.#options = options;
    this.#cluster = options.cluster;
  }

  /**
   * Ends whatever was begun under the id, by whomever: committed if it was to be, else taken back. Afterwards nobody who began
   * before can write, and the group's position is what it is.
   */
  begin(): Promise<void> {
    return this.#turn.hold(() => this.#begin());
  }

  /** Makes the records and the position visible together. When it rejects they may be or not be: `begin` decides it. */
  commit(next: number, records: readonly LogRecord[]): Promise<void> {
    return this.#turn.hold(async () => {
      const identity = this.#identity;
      if (!identity) throw away('The transaction before this one is not decided.');
      try {
        await this.#write(identity, next, records);
        this.#unsettled = true;
      } catch (error) {
        this.#identity = undefined;
        throw error;
      }
    });
  }

  /** Resolves when all that was committed can be read. */
  settle(): Promise<void> {
    return this.#turn.hold(async () => {
      if (this.#unsettled && this.#identity) await this.#begin();
    });
  }

  async #begin(): Promise<void> {
    const { id } = this.#options;
    this.#identity = undefined;
    const { producerId, producerEpoch } = await patiently(() =>
      this.#cluster.askCoordinator('transaction', id, (broker) =>
        broker.initProducerId({ transactionalId: id, transactionTimeout: TRANSACTION_MS }),
      ),
    );
    this.#identity = { transactionalId: id, producerId, producerEpoch };
    this.#sequences.clear();
    this.#unsettled = false;
  }

  async #write(identity: ProducerIdentity, next: number, records: readonly LogRecord[]): Promise<void> {
    const rounds = this.#rounds(identity, records);
    const [first] = rounds;
    if (first) {
      const topics = [...Map.groupBy(first, ({ topic }) => topic)].map(([topic, partitions]) => ({
        topic,
        partitions: partitions.map(({ partition }) => partition),
      }));
      await this.#ask((broker) => broker.addPartitionsToTxn({ ...identity, topics }));
    }
    const parts = await Promise.allSettled([this.#produce(identity, rounds), this.#moveTo(identity, next)]);
    const reasons = parts.flatMap((part) => (part.status === 'rejected' ? [part.reason as unknown] : []));
    if (reasons.length > 0) throw reasons.find(isFenced) ?? reasons[0];
    await this.#ask((broker) => broker.endTxn({ ...identity, transactionResult: true }));
  }

  async #moveTo(identity: ProducerIdentity, next: number): Promise<void> {
    const { group, topic, partition } = this.#options;
    await this.#ask((broker) => broker.addOffsetsToTxn({ ...identity, groupId: group }));
    await patiently(() =>
      this.#cluster.askCoordinator('group', group, (broker) =>
        broker.txnOffsetCommit({
          ...identity,
          groupId: group,
          topics: [{ topic, partitions: [{ partition, offset: `${next}` }] }],
        }),
      ),
    );
  }

  async #produce({ transactionalId }: ProducerIdentity, rounds: readonly PartitionData[][]): Promise<void> {
    for (const round of rounds) {
      const byLeader = new Map<number, PartitionData[]>();
      for (const data of round) {
        const leader = await this.#cluster.leaderOf(data.topic, data.partition);
        if (leader === undefined) throw protocolError(LEADER_NOT_AVAILABLE);
        const same = byLeader.get(leader);
        if (same) same.push(data);
        else byLeader.set(leader, [data]);
      }
      const sent = await Promise.allSettled(
        [...byLeader].map(([leader, data]) => this.#send(leader, transactionalId, data)),
      );
      for (const result of sent) if (result.status === 'rejected') throw result.reason;
    }
  }

  async #send(leader: number, transactionalId: string, data: readonly PartitionData[]): Promise<void> {
    const answers = await this.#cluster.send(
      leader,
      produceRequest(data, { transactionalId, timeoutMs: TRANSACTION_MS }),
    );
    for (const { errorCode } of answers) if (errorCode !== 0) throw protocolError(errorCode);
  }

  /** Of each partition one batch at a time: a request takes no more of it. */
  #rounds({ producerId, producerEpoch }: ProducerIdentity, records: readonly LogRecord[]): PartitionData[][] {
    const { nameOf, partitionCount, clock } = this.#options;
    const byPartition = new Map<string, { topic: string; partition: number; records: LogRecord[] }>();
    for (const record of records) {
      const topic = nameOf(record.topic);
      const partition = partitionOf(record.key, partitionCount(record.topic));
      const name = `${topic}/${partition}`;
      const same = byPartition.get(name);
      if (same) same.records.push(record);
      else byPartition.set(name, { topic, partition, records: [record] });
    }
    const rounds: PartitionData[][] = [];
    for (const [name, { topic, partition, records: all }] of byPartition)
      batchesOf(all).forEach((some, round) => {
        const sequence = this.#sequences.get(name) ?? 0;
        this.#sequences.set(name, (sequence + some.length) % SEQUENCES);
        const origin = { producerId: BigInt(producerId), producerEpoch, sequence, transactional: true };
        rounds[round] ??= [];
        rounds[round].push({ topic, partition, batch: encodeRecordBatch(some, origin, clock.now()) });
      });
    return rounds;
  }

  #ask(question: (broker: Broker) => Promise<unknown>): Promise<unknown> {
    return patiently(() => this.#cluster.askCoordinator('transaction', this.#options.id, question));
  }
}

function batchesOf(records: readonly LogRecord[]): LogRecord[][] {
  const batches: LogRecord[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const size = mostBytesOf(record);
    if (bytes + size > MAX_BATCH_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(record);
    bytes += size;
  }
  return batches;
}

/** The transaction before may still be on its way to all partitions, and a coordinator that has just begun may be reading. */
async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const until = performance.now() + PATIENCE_MS;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(MAX_WAIT_MS, wait * 2)) {
    try {
      return await ask();
    } catch (error) {
      if (!isOf(error, ...BUSY) || performance.now() > until) throw error;
    }
    await after(wait);
  }
}

const BUSY = [
  'CONCURRENT_TRANSACTIONS',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
];
