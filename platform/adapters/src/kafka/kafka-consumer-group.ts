import type { Clock, Logger } from '@cdp/core/kernel';
import type { ConsumeOptions, Consumer, LogRecord, Topic } from '@cdp/core/log';
import { BatchRunner, GroupMember, type MembersGroup, News, pause } from '../log/index.js';
import { Turn } from '../turn.js';
import { GroupMembership } from './group-membership.js';
import type { KafkaCluster } from './kafka-cluster.js';
import { away, isExpelled, textOf } from './kafka-error.js';
import { PartitionFetcher } from './partition-fetcher.js';
import { committedOffsets, offsetsOf } from './partition-offsets.js';
import { PartitionWorker, type WorkersGroup } from './partition-worker.js';
import { TransactionWriter } from './transaction-writer.js';

export interface KafkaConsumerGroupOptions {
  name: string;
  topic: Topic;
  clock: Clock;
  logger: Logger;
  prefix: string;
  partitionCount: (topic: Topic) => number;
  /** Connections of its own. */
  connect: () => KafkaCluster;
  assertStorable: (record: LogRecord) => void;
  firstRetryMs: number;
  batchEveryMs: number;
  sessionTimeoutMs: number;
  heartbeatMs: number;
}

/** What there is while the group has members here. */
interface Working {
  cluster: KafkaCluster;
  membership: GroupMembership;
  fetcher: PartitionFetcher;
  stop: AbortController;
}

/** How often the positions of partitions that others work on are looked at, while somebody waits for them. */
const LOOK_MS = 100;
const SETTLE_MS = 2_000;

/** One group on one topic, as this process takes part in it: one member for the brokers, shared by those who consume here. */
export class KafkaConsumerGroup implements MembersGroup, WorkersGroup {
  readonly name: string;
  readonly topic: Topic;
  readonly #options: KafkaConsumerGroupOptions;
  /** Names at the brokers. */
  readonly #groupId: string;
  readonly #topicName: string;
  readonly #runner: BatchRunner;
  readonly #members: GroupMember[] = [];
  readonly #workers = new Map<number, PartitionWorker>();
  readonly #news = new News();
  #dealt: ReadonlySet<number> = new Set();
  #working: Working | undefined;
  /** Joining and leaving, one after the other. */
  readonly #turn = new Turn();

  constructor(options: KafkaConsumerGroupOptions) {
    this.#options = options;
    this.name = options.name;
    this.topic = options.topic;
    this.#groupId = groupIdOf(options.prefix, options.name, options.topic);
    this.#topicName = options.prefix + options.topic;
    const { clock, logger, firstRetryMs, assertStorable, name } = options;
    this.#runner = new BatchRunner({ group: name, clock, logger, firstRetryMs, assertStorable });
  }

  join(options: ConsumeOptions): Promise<Consumer> {
    return this.#turn.hold(async () => {
      const member = new GroupMember(this, options);
      this.#members.push(member);
      if (this.#working) this.wake();
      else await this.#start(options).catch((error: unknown) => this.#abandon(error));
      return member;
    });
  }

  leave(member: GroupMember): Promise<void> {
    return this.#turn.hold(async () => {
      const index = this.#members.indexOf(member);
      if (index < 0) return;
      this.#members.splice(index, 1);
      if (this.#members.length === 0) await this.#end();
      else this.wake();
    });
  }

  async stop(): Promise<void> {
    await this.#turn.hold(async () => {});
    await Promise.all([...this.#members].map((member) => member.stop()));
  }

  wake(): void {
    this.#news.tell();
  }

  signal(orAfterMs?: number): Promise<void> {
    return this.#news.next(orAfterMs);
  }

  memberFor(partition: number): GroupMember | undefined {
    const rank = [...this.#dealt].filter((dealt) => dealt < partition).length;
    return this.#members[rank % this.#members.length];
  }

  async confirm(): Promise<void> {
    await this.#required().membership.confirm();
  }

  async position(partition: number): Promise<number> {
    const { cluster } = this.#required();
    const [committed] = await committedOffsets(cluster, this.#groupId, this.#topicName, [partition]);
    if (committed !== undefined) return committed;
    const [first = 0] = await offsetsOf(cluster, this.#topicName, [partition], 'first');
    return first;
  }

  async drained(): Promise<void> {
    const working = this.#required();
    const partitions = this.#partitions();
    const ends = await this.#patiently(working, () => offsetsOf(working.cluster, this.#topicName, partitions, 'end'));
    for (;;) {
      if (working.stop.signal.aborted) throw away('The consumer was stopped.');
      const open = partitions.filter((partition) => !this.#isDone(partition, ends[partition] as number));
      const elsewhere = open.filter((partition) => !this.#workers.has(partition));
      if (open.length === 0) break;
      if (open.length === elsewhere.length && (await this.#areDone(working, elsewhere, ends))) break;
      await this.signal(elsewhere.length > 0 ? LOOK_MS : undefined);
    }
    await this.settled();
  }

  /** Where the brokers are away there is nothing to be read either: it is not waited for without end. */
  async settled(): Promise<void> {
    const settling = Promise.all([...this.#workers.values()].map((worker) => worker.settle()));
    const waiting = new AbortController();
    await Promise.race([
      settling.catch((error: unknown) => {
        this.#options.logger.warn('consumer could not see its last commit through', {
          group: this.name,
          topic: this.topic,
          error: textOf(error),
        });
      }),
      pause(SETTLE_MS, waiting.signal),
    ]);
    waiting.abort();
  }

  #required(): Working {
    if (!this.#working) throw away('The consumer was stopped.');
    return this.#working;
  }

  #partitions(): number[] {
    return Array.from({ length: this.#options.partitionCount(this.topic) }, (_, partition) => partition);
  }

  async #start(options: ConsumeOptions): Promise<void> {
    const { connect, logger, sessionTimeoutMs, heartbeatMs } = this.#options;
    const cluster = connect();
    const membership = new GroupMembership({
      cluster: connect(),
      logger,
      group: this.#groupId,
      topic: this.#topicName,
      partitions: this.#partitions().length,
      sessionTimeoutMs,
      heartbeatMs,
      owned: () => [...this.#workers.keys()],
      dealt: (partitions) => this.#deal(partitions, options),
    });
    const fetcher = new PartitionFetcher({ cluster, logger, topic: this.#topicName, onNews: () => this.wake() });
    this.#working = { cluster, membership, fetcher, stop: new AbortController() };
    await this.#patiently(this.#working, () => this.#rememberStart(cluster, options));
    await membership.join();
  }

  async #abandon(error: unknown): Promise<never> {
    this.#members.splice(0);
    await this.#end();
    throw error;
  }

  async #end(): Promise<void> {
    const working = this.#required();
    working.stop.abort();
    this.#dealt = new Set();
    for (const worker of this.#workers.values()) worker.stop();
    await Promise.all([...this.#workers.values()].map(({ ended }) => ended));
    working.fetcher.stop();
    await working.membership.leave();
    working.cluster.close();
    this.#working = undefined;
    this.wake();
  }

  /** A group that starts at the end must find its place again, also when nothing arrives before it is stopped. */
  async #rememberStart(cluster: KafkaCluster, options: ConsumeOptions): Promise<void> {
    const partitions = this.#partitions();
    const committed = await committedOffsets(cluster, this.#groupId, this.#topicName, partitions);
    const without = partitions.filter((partition) => committed[partition] === undefined);
    if (without.length === 0) return;
    const kind = options.from === 'latest' ? 'end' : 'first';
    const starts = await offsetsOf(cluster, this.#topicName, without, kind);
    const positions = without.map((partition, index) => ({ partition, offset: `${starts[index]}` }));
    try {
      await cluster.askCoordinator('group', this.#groupId, (broker) =>
        broker.offsetCommit({
          groupId: this.#groupId,
          groupGenerationId: -1,
          memberId: '',
          topics: [{ topic: this.#topicName, partitions: positions }],
        }),
      );
    } catch (error) {
      // The group has members already, the first of which did this.
      if (!isExpelled(error)) throw error;
    }
  }

  #deal(partitions: readonly number[], options: ConsumeOptions): void {
    if (this.#working?.stop.signal.aborted) return;
    this.#dealt = new Set(partitions);
    for (const [partition, worker] of this.#workers) if (!this.#dealt.has(partition)) worker.stop();
    for (const partition of partitions) if (!this.#workers.has(partition)) this.#take(partition, options);
    this.wake();
  }

  #take(partition: number, options: ConsumeOptions): void {
    const working = this.#required();
    const { clock, logger, partitionCount, batchEveryMs, prefix } = this.#options;
    const worker = new PartitionWorker({
      group: this,
      partition,
      fetcher: working.fetcher,
      runner: this.#runner,
      logger,
      batchEveryMs,
      resumeAt: options.resumeAt,
      writer: new TransactionWriter({
        cluster: working.cluster,
        clock,
        id: `${this.#groupId}:${partition}`,
        group: this.#groupId,
        topic: this.#topicName,
        partition,
        nameOf: (topic) => prefix + topic,
        partitionCount,
      }),
    });
    this.#workers.set(partition, worker);
    void worker.ended.then(() => {
      this.#workers.delete(partition);
      this.wake();
      if (working.stop.signal.aborted) return;
      // Dealt again while it was being given up.
      if (this.#dealt.has(partition)) this.#take(partition, options);
      else working.membership.released();
    });
  }

  #isDone(partition: number, end: number): boolean {
    const next = this.#workers.get(partition)?.next;
    return next !== undefined && next >= end;
  }

  async #areDone(working: Working, partitions: readonly number[], ends: readonly number[]): Promise<boolean> {
    try {
      const committed = await committedOffsets(working.cluster, this.#groupId, this.#topicName, partitions);
      return partitions.every((partition, index) => (committed[index] ?? 0) >= (ends[partition] as number));
    } catch {
      return false; // looked at again
    }
  }

  /** While the brokers are away there is nothing to do but wait, until the last member stops. */
  async #patiently<Result>({ stop }: Working, work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (stop.signal.aborted) throw away('The consumer was stopped.', error);
        await pause(LOOK_MS, stop.signal);
      }
    }
  }
}

/** The group at the brokers: of one name there may be several, each on its own topic. */
export const groupIdOf = (prefix: string, group: string, topic: Topic): string => `${prefix}${group}:${topic}`;
