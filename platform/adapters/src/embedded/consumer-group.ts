import { setTimeout } from 'node:timers/promises';
import { CdpError, type Clock, type Logger } from '@cdp/core/kernel';
import {
  type Batch,
  type ConsumeOptions,
  type Consumer,
  type DeadLetter,
  deadLetterOf,
  type LogRecord,
  type StoredRecord,
  type Topic,
} from '@cdp/core/log';
import type { GroupPosition } from './lmdb-log-store.js';

/** What a group needs of the log. */
export interface LogForGroups {
  partitionCount(topic: Topic): number;
  read(topic: Topic, partition: number, from: number, limit: number): Promise<StoredRecord[]>;
  visibleEnd(topic: Topic, partition: number): number;
  firstOffset(topic: Topic, partition: number): number;
  position(group: string, topic: Topic, partition: number): number | undefined;
  commit(position: GroupPosition, records: readonly LogRecord[]): Promise<void>;
}

const TRIES = 3;
const MAX_PAUSE_MS = 5_000;

class Member implements Consumer {
  readonly options: ConsumeOptions;
  readonly #group: ConsumerGroup;
  paused = false;
  #busy = 0;
  #idle: (() => void)[] = [];

  constructor(group: ConsumerGroup, options: ConsumeOptions) {
    this.#group = group;
    this.options = options;
  }

  async pause(): Promise<void> {
    this.paused = true;
    if (this.#busy > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  resume(): void {
    this.paused = false;
    this.#group.wake();
  }

  async stop(): Promise<void> {
    await this.pause();
    await this.#group.leave(this);
  }

  drained(): Promise<void> {
    return this.#group.drained();
  }

  async during(work: () => Promise<void>): Promise<void> {
    this.#busy++;
    try {
      await work();
    } finally {
      if (--this.#busy === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }
}

/** One group on one topic in this process: a loop a partition, and its partitions dealt out to the members. */
export class ConsumerGroup {
  readonly topic: Topic;
  readonly #log: LogForGroups;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #members: Member[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #next: number[] = [];
  #loops: Promise<void>[] = [];
  #stop = new AbortController();

  constructor(log: LogForGroups, name: string, topic: Topic, clock: Clock, logger: Logger) {
    this.#log = log;
    this.#name = name;
    this.topic = topic;
    this.#clock = clock;
    this.#logger = logger;
  }

  async join(options: ConsumeOptions): Promise<Consumer> {
    const member = new Member(this, options);
    this.#members.push(member);
    if (this.#members.length === 1) {
      this.#stop = new AbortController();
      for (let partition = 0; partition < this.#log.partitionCount(this.topic); partition++)
        this.#next[partition] = await this.#startOf(partition, options);
      this.#loops = this.#next.map((_, partition) => this.#run(partition));
    } else this.wake();
    return member;
  }

  async leave(member: Member): Promise<void> {
    const index = this.#members.indexOf(member);
    if (index >= 0) this.#members.splice(index, 1);
    if (this.#members.length === 0) await this.#stopLoops();
    else this.wake();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#members].map((member) => member.stop()));
  }

  wake(): void {
    for (const resolve of [...this.#waiting]) resolve();
  }

  async drained(): Promise<void> {
    const ends = this.#next.map((_, partition) => this.#log.visibleEnd(this.topic, partition));
    while (!this.#stop.signal.aborted && ends.some((end, partition) => (this.#next[partition] as number) < end))
      await this.#signal();
  }

  async #startOf(partition: number, options: ConsumeOptions): Promise<number> {
    const committed = this.#log.position(this.#name, this.topic, partition);
    const start =
      committed ??
      (options.from === 'latest'
        ? this.#log.visibleEnd(this.topic, partition)
        : this.#log.firstOffset(this.topic, partition));
    // A group that starts at the end must find its place again, also when nothing arrives before it is stopped.
    if (committed === undefined)
      await this.#log.commit({ group: this.#name, topic: this.topic, partition, next: start }, []);
    const effects = await options.resumeAt?.(partition);
    return effects === undefined ? start : Math.min(start, effects);
  }

  async #run(partition: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const member = this.#members[partition % this.#members.length];
      const next = this.#next[partition] as number;
      const end = this.#log.visibleEnd(this.topic, partition);
      if (!member || member.paused || next >= end) {
        await this.#signal();
        continue;
      }
      await member.during(() => this.#step(partition, next, end, member));
    }
  }

  async #step(partition: number, next: number, end: number, member: Member): Promise<void> {
    const committed = this.#log.position(this.#name, this.topic, partition) ?? next;
    // Below the committed position the outputs are already in the log: the batch is cut there and its outputs dropped.
    const replay = next < committed;
    const limit = Math.min(member.options.maxRecords ?? 1_000, (replay ? committed : end) - next);
    const records = await this.#log.read(this.topic, partition, next, limit);
    const last = records[records.length - 1];
    if (!last) {
      this.#next[partition] = end;
      return;
    }
    const after = last.offset + 1;
    const outputs = await this.#handle(member, { topic: this.topic, partition, records, last: after >= end });
    if (outputs === undefined) return; // stopped while the work could not be done
    if (!replay) await this.#log.commit({ group: this.#name, topic: this.topic, partition, next: after }, outputs);
    this.#next[partition] = after;
    this.wake();
  }

  async #handle(member: Member, batch: Batch): Promise<LogRecord[] | undefined> {
    for (let attempt = 1; !this.#stop.signal.aborted && !member.paused; attempt++) {
      try {
        return (await member.options.handler(batch)) ?? [];
      } catch (error) {
        const away = error instanceof CdpError && error.code === 'unavailable';
        this.#logger[away ? 'warn' : 'error']('consumer batch failed', {
          group: this.#name,
          topic: this.topic,
          partition: batch.partition,
          offset: batch.records[0]?.offset,
          attempt,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
        if (!away && attempt >= TRIES) return this.#oneByOne(member, batch, error);
        await this.#pause(Math.min(MAX_PAUSE_MS, 50 * 2 ** attempt));
      }
    }
    return undefined;
  }

  /** Finds the records that fail by themselves and puts them aside, so that the partition moves on. */
  async #oneByOne(member: Member, batch: Batch, error: unknown): Promise<LogRecord[] | undefined> {
    const [only] = batch.records;
    if (batch.records.length === 1 && only) return [this.#deadLetter(only, error)];
    const outputs: LogRecord[] = [];
    for (const record of batch.records) {
      const result = await this.#handle(member, { ...batch, records: [record], last: false });
      if (result === undefined) return undefined;
      outputs.push(...result);
    }
    return outputs;
  }

  #deadLetter(record: StoredRecord, error: unknown): LogRecord {
    const letter: DeadLetter = {
      topic: this.topic,
      partition: record.partition,
      offset: record.offset,
      key: record.key,
      reason: error instanceof Error ? error.message : String(error),
      failedAt: new Date(this.#clock.now()).toISOString(),
      value: record.value.toString('base64'),
    };
    return { topic: deadLetterOf(this.topic), key: record.key, value: Buffer.from(JSON.stringify(letter)) };
  }

  #signal(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
    });
  }

  async #pause(ms: number): Promise<void> {
    // Rejects when the group stops, which is no failure: the loop looks at the signal next.
    await setTimeout(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }

  async #stopLoops(): Promise<void> {
    this.#stop.abort();
    this.wake();
    await Promise.all(this.#loops);
    this.#loops = [];
  }
}
