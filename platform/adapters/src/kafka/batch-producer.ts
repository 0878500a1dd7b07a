import { setTimeout as after } from 'node:timers/promises';
import { CdpError, type Clock, type Logger } from '@cdp/core/kernel';
import type { LogRecord, Topic } from '@cdp/core/log';
import { assertRoom, partitionOf, sizeOf } from '../log/index.js';
import { Append } from './append.js';
import type { KafkaCluster } from './kafka-cluster.js';
import { away, isMoved, isOf, textOf } from './kafka-error.js';
import { PartitionQueue, type Producer } from './partition-queue.js';
import { type PartitionData, produceRequest, protocolError } from './wire/index.js';

export interface BatchProducerOptions {
  /** Of its own: it is cut where an answer does not come in time. */
  cluster: KafkaCluster;
  clock: Clock;
  logger: Logger;
  maxPendingBytes: number;
  appendTimeoutMs: number;
  /** Name of the topic at the brokers. */
  nameOf: (topic: Topic) => string;
  partitionCount: (topic: Topic) => number;
}

/** Records of one partition in a request, unless one alone is bigger. */
const MAX_BATCH_BYTES = 1024 * 1024;
const MAX_REQUEST_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 50;
const FIRST_PROBE_MS = 100;
const MAX_PROBE_MS = 1_000;
const SWEEP_MS = 100;

/**
 * Appends with the idempotence of the protocol. To each node goes one request at a time; what comes in while it is under way
 * is gathered, by partition, for the next, so that a busy door fills its requests by itself.
 *
 * An append that is not acknowledged in time is refused, with all that waits for the same partition, and so is what comes
 * after it, until the partition's leader answers again.
 */
export class BatchProducer {
  readonly #options: BatchProducerOptions;
  readonly #cluster: KafkaCluster;
  readonly #queues = new Map<Topic, PartitionQueue[]>();
  /** The queues that each node is to be sent from. */
  readonly #lanes = new Map<number, Set<PartitionQueue>>();
  /** Queues that are in a lane, or on their way to one. */
  readonly #placed = new Set<PartitionQueue>();
  #pendingBytes = 0;
  #pending = new Set<Append>();
  #sweeper: NodeJS.Timeout | undefined;
  readonly #stop = new AbortController();

  constructor(options: BatchProducerOptions) {
    this.#options = options;
    this.#cluster = options.cluster;
  }

  async append(records: readonly LogRecord[]): Promise<void> {
    const bytes = sizeOf(records);
    assertRoom(bytes, this.#pendingBytes, this.#options.maxPendingBytes);
    const byQueue = this.#byQueue(records);
    for (const queue of byQueue.keys()) if (queue.away) throw away('The log cannot be reached.');
    const append = new Append(bytes, performance.now() + this.#options.appendTimeoutMs);
    this.#pendingBytes += bytes;
    this.#pending.add(append);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS);
    for (const [queue, ofQueue] of byQueue) {
      queue.add(append, ofQueue);
      this.#place(queue);
    }
    try {
      await append.done;
    } finally {
      this.#pendingBytes -= bytes;
      this.#pending.delete(append);
      if (this.#pending.size === 0) {
        clearInterval(this.#sweeper);
        this.#sweeper = undefined;
      }
    }
  }

  /** Waits for what is under way, which its deadlines bound. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#pending].map(({ done }) => done));
    this.#stop.abort();
    this.#cluster.close();
  }

  #byQueue(records: readonly LogRecord[]): Map<PartitionQueue, LogRecord[]> {
    const byQueue = new Map<PartitionQueue, LogRecord[]>();
    for (const record of records) {
      const queues = this.#queuesOf(record.topic);
      const queue = queues[partitionOf(record.key, queues.length)] as PartitionQueue;
      const same = byQueue.get(queue);
      if (same) same.push(record);
      else byQueue.set(queue, [record]);
    }
    return byQueue;
  }

  #queuesOf(topic: Topic): PartitionQueue[] {
    let queues = this.#queues.get(topic);
    if (!queues) {
      const name = this.#options.nameOf(topic);
      queues = Array.from(
        { length: this.#options.partitionCount(topic) },
        (_, partition) => new PartitionQueue(name, partition, MAX_BATCH_BYTES),
      );
      this.#queues.set(topic, queues);
    }
    return queues;
  }

  #place(queue: PartitionQueue): void {
    if (this.#placed.has(queue) || this.#stop.signal.aborted) return;
    this.#placed.add(queue);
    void this.#intoLane(queue);
  }

  /** Puts a queue where its leader is sent from, as soon as there is one. */
  async #intoLane(queue: PartitionQueue): Promise<void> {
    while (queue.hasWork && !this.#stop.signal.aborted) {
      const leader = await this.#cluster.leaderOf(queue.topic, queue.partition).catch(() => undefined);
      if (leader !== undefined) {
        const lane = this.#lanes.get(leader);
        if (lane) lane.add(queue);
        else {
          this.#lanes.set(leader, new Set([queue]));
          void this.#runLane(leader);
        }
        return;
      }
      await this.#pause(RETRY_MS);
      await this.#cluster.look().catch(() => undefined);
    }
    this.#placed.delete(queue);
  }

  async #runLane(node: number): Promise<void> {
    const lane = this.#lanes.get(node) as Set<PartitionQueue>;
    // Let everything of this turn of the event loop join the first request.
    await new Promise(setImmediate);
    while (lane.size > 0) {
      const queues = await this.#withProducers(node, lane);
      const { data, of } = this.#nextRequest(lane, queues);
      if (data.length > 0) await this.#send(node, lane, data, of);
    }
    this.#lanes.delete(node);
  }

  #nextRequest(
    lane: Set<PartitionQueue>,
    queues: readonly PartitionQueue[],
  ): { data: PartitionData[]; of: PartitionQueue[] } {
    const data: PartitionData[] = [];
    const of: PartitionQueue[] = [];
    let bytes = 0;
    for (const queue of queues) {
      if (bytes >= MAX_REQUEST_BYTES) break;
      // At the end of the lane, for the others to have their turn in the next request.
      lane.delete(queue);
      const batch = queue.producer && queue.batch(queue.producer, this.#options.clock.now());
      if (batch) {
        lane.add(queue);
        data.push({ topic: queue.topic, partition: queue.partition, batch });
        of.push(queue);
        bytes += batch.length;
      } else this.#placed.delete(queue);
    }
    return { data, of };
  }

  async #send(
    node: number,
    lane: Set<PartitionQueue>,
    data: readonly PartitionData[],
    queues: readonly PartitionQueue[],
  ): Promise<void> {
    const timeoutMs = this.#options.appendTimeoutMs;
    try {
      const answers = await this.#cluster.send(node, produceRequest(data, { transactionalId: null, timeoutMs }));
      const byName = new Map(queues.map((queue) => [`${queue.topic}/${queue.partition}`, queue]));
      for (const { topic, partition, errorCode } of answers) {
        const queue = byName.get(`${topic}/${partition}`);
        if (queue) this.#answered(lane, queue, errorCode);
      }
    } catch (error) {
      this.#options.logger.warn('log could not be written', { node, error: textOf(error) });
      for (const queue of queues) this.#again(lane, queue);
    }
  }

  #answered(lane: Set<PartitionQueue>, queue: PartitionQueue, errorCode: number): void {
    const error = errorCode === 0 ? undefined : protocolError(errorCode);
    if (!error || isOf(error, 'DUPLICATE_SEQUENCE_NUMBER')) queue.acknowledged();
    else if (isMoved(error) || isOf(error, ...TRANSIENT)) {
      this.#cluster.look().catch(() => undefined);
      this.#again(lane, queue);
    } else if (isOf(error, ...PRODUCER_LOST)) {
      this.#options.logger.warn('log begins a sequence anew', { topic: queue.topic, error: textOf(error) });
      queue.producer = undefined;
    } else {
      this.#options.logger.error('log refuses records', { topic: queue.topic, error: textOf(error) });
      queue.refuseSent(
        isOf(error, 'MESSAGE_TOO_LARGE')
          ? new CdpError('invalid', 'value: is bigger than its topic takes')
          : away('The log refuses the record.', error),
      );
    }
    if (!queue.hasWork && lane.delete(queue)) this.#placed.delete(queue);
  }

  /** After a pause, perhaps from another lane. */
  #again(lane: Set<PartitionQueue>, queue: PartitionQueue): void {
    lane.delete(queue);
    void this.#pause(RETRY_MS).then(() => this.#intoLane(queue));
  }

  /** The queues of the lane that have a producer, after getting one for those that have none. */
  async #withProducers(node: number, lane: Set<PartitionQueue>): Promise<PartitionQueue[]> {
    const without = [...lane].filter(({ producer }) => !producer);
    await Promise.all(
      without.map(async (queue) => {
        try {
          queue.replaceProducer(this.#options.clock.now(), await this.#newProducer(node));
        } catch {
          this.#again(lane, queue);
        }
      }),
    );
    return [...lane];
  }

  async #newProducer(node: number): Promise<Producer> {
    const { producerId, producerEpoch } = await this.#cluster.ask(node, (broker) =>
      broker.initProducerId({ transactionalId: null, transactionTimeout: 60_000 }),
    );
    return { id: BigInt(producerId), epoch: producerEpoch };
  }

  #sweep(): void {
    const now = performance.now();
    const overdue = [...this.#queues.values()].flat().filter((queue) => queue.overdue(now));
    if (overdue.length === 0) return;
    const error = away('The log did not acknowledge in time.');
    for (const queue of overdue) {
      queue.giveUp(error);
      void this.#recover(queue);
    }
    this.#options.logger.error('log is away', { partitions: overdue.length });
    // What is under way is of no use any more, and no more of it may reach a broker that only sleeps.
    this.#cluster.reset(error);
  }

  async #recover(queue: PartitionQueue): Promise<void> {
    for (let wait = FIRST_PROBE_MS; !this.#stop.signal.aborted; wait = Math.min(MAX_PROBE_MS, wait * 2)) {
      await this.#pause(wait);
      try {
        await this.#cluster.look();
        const leader = await this.#cluster.leaderOf(queue.topic, queue.partition);
        if (leader === undefined) continue;
        queue.replaceProducer(this.#options.clock.now(), await this.#newProducer(leader));
        queue.away = false;
        this.#options.logger.info('log is back', { topic: queue.topic, partition: queue.partition });
        return;
      } catch {
        // Told when it went away; it is tried again.
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    await after(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}

const TRANSIENT = ['REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'CORRUPT_MESSAGE'];
const PRODUCER_LOST = ['UNKNOWN_PRODUCER_ID', 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'INVALID_PRODUCER_EPOCH'];
