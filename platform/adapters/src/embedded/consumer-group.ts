import { CdpError, type Clock, type Logger } from '@cdp/core/kernel';
import type { ConsumeOptions, Consumer, LogRecord, StoredRecord, Topic } from '@cdp/core/log';
import { BatchRunner, GroupMember, type MembersGroup, News, pause } from '../log/index.js';
import { Turn } from '../turn.js';
import type { GroupPosition } from './lmdb-log-store.js';

/** What a group needs of the log. */
export interface LogForGroups {
  partitionCount(topic: Topic): number;
  read(topic: Topic, partition: number, from: number, limit: number): Promise<StoredRecord[]>;
  visibleEnd(topic: Topic, partition: number): number;
  firstOffset(topic: Topic, partition: number): number;
  position(group: string, topic: Topic, partition: number): number | undefined;
  commit(position: GroupPosition, records: readonly LogRecord[]): Promise<void>;
  assertStorable(record: LogRecord): void;
}

export interface ConsumerGroupOptions {
  log: LogForGroups;
  name: string;
  topic: Topic;
  clock: Clock;
  logger: Logger;
  firstRetryMs: number;
  batchEveryMs: number;
}

const AFTER_FAILURE_MS = 1_000;

/** One group on one topic in this process: a loop a partition, and its partitions dealt out to the members. */
export class ConsumerGroup implements MembersGroup {
  readonly topic: Topic;
  readonly #log: LogForGroups;
  readonly #name: string;
  readonly #logger: Logger;
  readonly #runner: BatchRunner;
  readonly #batchEveryMs: number;
  readonly #members: GroupMember[] = [];
  readonly #news = new News();
  /** The offset of the next record of each partition. */
  #next: number[] = [];
  #loops: Promise<void>[] = [];
  #stop = new AbortController();
  /** Joining and leaving, one after the other: loops must have ended before new ones start. */
  readonly #turn = new Turn();

  constructor({ log, name, topic, clock, logger, firstRetryMs, batchEveryMs }: ConsumerGroupOptions) {
    this.#log = log;
    this.#name = name;
    this.topic = topic;
    this.#logger = logger;
    this.#batchEveryMs = batchEveryMs;
    this.#runner = new BatchRunner({
      group: name,
      clock,
      logger,
      firstRetryMs,
      assertStorable: (record) => log.assertStorable(record),
    });
  }

  join(options: ConsumeOptions): Promise<Consumer> {
    return this.#turn.hold(async () => {
      const member = new GroupMember(this, options);
      if (this.#members.length === 0) await this.#start(options);
      this.#members.push(member);
      this.wake();
      return member;
    });
  }

  leave(member: GroupMember): Promise<void> {
    return this.#turn.hold(async () => {
      const index = this.#members.indexOf(member);
      if (index < 0) return;
      this.#members.splice(index, 1);
      if (this.#members.length === 0) this.#stop.abort();
      this.wake();
      if (this.#members.length === 0) await Promise.all(this.#loops);
    });
  }

  async stop(): Promise<void> {
    await this.#turn.hold(async () => {});
    await Promise.all([...this.#members].map((member) => member.stop()));
  }

  wake(): void {
    this.#news.tell();
  }

  async drained(): Promise<void> {
    const { signal } = this.#stop;
    const ends = this.#next.map((_, partition) => this.#log.visibleEnd(this.topic, partition));
    while (ends.some((end, partition) => (this.#next[partition] as number) < end)) {
      if (signal.aborted) throw new CdpError('unavailable', 'The consumer was stopped.', { retryAfter: 1 });
      await this.#news.next();
    }
  }

  /** A commit is one transaction here: it resolves when all of it can be read. */
  async settled(): Promise<void> {}

  async #start(options: ConsumeOptions): Promise<void> {
    const starts: Promise<number>[] = [];
    for (let partition = 0; partition < this.#log.partitionCount(this.topic); partition++)
      starts.push(this.#startOf(partition, options));
    this.#next = await Promise.all(starts);
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#loops = this.#next.map((_, partition) => this.#run(partition, signal));
  }

  async #startOf(partition: number, options: ConsumeOptions): Promise<number> {
    const committed = this.#log.position(this.#name, this.topic, partition);
    const start =
      committed ??
      (options.from === 'latest'
        ? this.#log.visibleEnd(this.topic, partition)
        : this.#log.firstOffset(this.topic, partition));
    // A group that starts at the end must find its place again, also when nothing arrives before it is stopped.
    if (committed === undefined) await this.#commit(partition, start, []);
    const effects = await options.resumeAt?.(partition);
    return effects === undefined ? start : Math.min(start, effects);
  }

  async #run(partition: number, signal: AbortSignal): Promise<void> {
    let startAt = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      const member = this.#members[partition % this.#members.length];
      const next = this.#next[partition] as number;
      const waiting = this.#log.visibleEnd(this.topic, partition) - next;
      const early = startAt - performance.now();
      if (!member || member.paused || waiting <= 0) await this.#news.next();
      else if (early > 0 && waiting < maxRecords(member)) await this.#news.next(early);
      else {
        startAt = performance.now() + this.#batchEveryMs;
        await member.during(() => this.#stepOrWait(partition, next, member));
      }
    }
  }

  /** A log that cannot be read or written just now is no reason to end: the batch stays where it is. */
  async #stepOrWait(partition: number, next: number, member: GroupMember): Promise<void> {
    try {
      await this.#step(partition, next, member);
    } catch (error) {
      this.#logger.error('consumer could not go on', {
        group: this.#name,
        topic: this.topic,
        partition,
        offset: next,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      await pause(AFTER_FAILURE_MS, member.interrupted);
    }
  }

  async #step(partition: number, next: number, member: GroupMember): Promise<void> {
    const end = this.#log.visibleEnd(this.topic, partition);
    const committed = this.#log.position(this.#name, this.topic, partition) ?? next;
    // Below the committed position the outputs are already in the log: the batch is cut there and its outputs dropped.
    const replay = next < committed;
    const limit = Math.min(maxRecords(member), (replay ? committed : end) - next);
    const records = await this.#log.read(this.topic, partition, next, limit);
    const last = records[records.length - 1];
    let after = end;
    if (last) {
      after = last.offset + 1;
      const batch = { topic: this.topic, partition, records, last: after >= end };
      const outputs = await this.#runner.run(batch, member.options.handler, member.interrupted);
      if (outputs === undefined) return; // paused before the work could be done
      if (!replay) await this.#commit(partition, after, outputs);
    } else if (!replay) await this.#commit(partition, after, []); // a gap up to the end
    this.#next[partition] = after;
    this.wake();
  }

  #commit(partition: number, next: number, outputs: readonly LogRecord[]): Promise<void> {
    return this.#log.commit({ group: this.#name, topic: this.topic, partition, next }, outputs);
  }
}

const maxRecords = ({ options }: GroupMember): number => options.maxRecords ?? 1_000;
