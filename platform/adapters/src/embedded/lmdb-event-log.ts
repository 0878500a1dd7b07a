import { CdpError, type Clock, invalid, type Logger } from '@cdp/core/kernel';
import {
  type ConsumeOptions,
  type Consumer,
  EventLog,
  type LogRecord,
  type StoredRecord,
  type Topic,
} from '@cdp/core/log';
import { assertKey, assertName, assertRoom, partitionOf, sizeOf } from '../log/index.js';
import { ConsumerGroup, type LogForGroups } from './consumer-group.js';
import { type GroupPosition, LmdbLogStore } from './lmdb-log-store.js';

export interface LmdbEventLogOptions {
  path: string;
  clock: Clock;
  logger: Logger;
  /** Partitions of a topic that is new. Default 4. */
  partitions?: number;
  /** Bytes that may wait for the disk before `append` is refused. Default 64 MiB. */
  maxPendingBytes?: number;
  /** Pause before a batch that failed is tried again, in milliseconds; it doubles up to 5 s. Default 50. */
  firstRetryMs?: number;
  /**
   * Milliseconds from the start of one batch of a partition to the next, unless there is enough for a full one. Default 100.
   * What comes in meanwhile shares the transactions and flushes of one batch, and the doors get the time that is saved:
   * thousands of requests a second would else be handled in batches of some tens. A record that comes alone does not wait.
   */
  batchEveryMs?: number;
  /** Records older than this are removed once every group has passed them. Default 30 days. */
  retentionMs?: number;
}

interface Pending {
  records: readonly LogRecord[];
  position: GroupPosition | undefined;
  bytes: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

const TRIM_EVERY_MS = 3_600_000;
const MAX_GROUP_BYTES = 16 * 1024 * 1024;

/** The log in one process: LMDB blocks, one flush for all that came in while the flush before it was under way. */
export class LmdbEventLog extends EventLog implements LogForGroups {
  readonly #store: LmdbLogStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #maxPendingBytes: number;
  readonly #firstRetryMs: number;
  readonly #batchEveryMs: number;
  readonly #groups = new Map<string, ConsumerGroup>();
  readonly #trimTimer: NodeJS.Timeout;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #flushing: Promise<void> | undefined;
  #closed = false;

  constructor(options: LmdbEventLogOptions) {
    super();
    this.#store = new LmdbLogStore(options.path, options.partitions ?? 4);
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#maxPendingBytes = options.maxPendingBytes ?? 64 * 1024 * 1024;
    this.#firstRetryMs = options.firstRetryMs ?? 50;
    this.#batchEveryMs = options.batchEveryMs ?? 100;
    const retentionMs = options.retentionMs ?? 30 * 86_400_000;
    this.#trimTimer = setInterval(() => void this.#trimQuietly(retentionMs), TRIM_EVERY_MS);
    this.#trimTimer.unref();
  }

  override async append(records: readonly LogRecord[]): Promise<void> {
    if (records.length === 0) return;
    this.#assertOpen();
    const bytes = sizeOf(records);
    for (const record of records) this.assertStorable(record);
    assertRoom(bytes, this.#pendingBytes, this.#maxPendingBytes);
    await this.#enqueue(records, bytes, undefined);
  }

  /** Appends what a batch led to and moves the group's position, in one transaction. */
  async commit(position: GroupPosition, records: readonly LogRecord[]): Promise<void> {
    this.#assertOpen();
    // Never refused for want of room: it makes the work less, and refusing it would only have it done again.
    await this.#enqueue(records, sizeOf(records), position);
  }

  assertStorable({ topic, key, value }: LogRecord): void {
    assertKey(key);
    if (value.byteLength > this.#maxPendingBytes) throw invalid('value', 'is bigger than the log can take');
    this.#store.topic(topic);
  }

  override async consume(options: ConsumeOptions): Promise<Consumer> {
    this.#assertOpen();
    assertName('group', options.group);
    const name = `${options.group}/${options.topic}`;
    let group = this.#groups.get(name);
    if (!group) {
      group = new ConsumerGroup({
        log: this,
        name: options.group,
        topic: options.topic,
        clock: this.#clock,
        logger: this.#logger,
        firstRetryMs: this.#firstRetryMs,
        batchEveryMs: this.#batchEveryMs,
      });
      this.#groups.set(name, group);
    }
    return group.join(options);
  }

  override async read(topic: Topic, partition: number, from: number, limit: number): Promise<StoredRecord[]> {
    return this.#store.read(topic, partition, from, this.visibleEnd(topic, partition), limit);
  }

  override partitionCount(topic: Topic): number {
    return this.#store.topic(topic).partitions;
  }

  override partitionOf(topic: Topic, key: string): number {
    return partitionOf(key, this.partitionCount(topic));
  }

  override async endOffset(topic: Topic, partition: number): Promise<number> {
    return this.visibleEnd(topic, partition);
  }

  override async positions(group: string, topic: Topic): Promise<number[]> {
    return Array.from(
      { length: this.partitionCount(topic) },
      (_, partition) => this.position(group, topic, partition) ?? this.firstOffset(topic, partition),
    );
  }

  override async lag(group: string, topic: Topic): Promise<number> {
    const positions = await this.positions(group, topic);
    return positions.reduce((sum, position, partition) => sum + this.visibleEnd(topic, partition) - position, 0);
  }

  position(group: string, topic: Topic, partition: number): number | undefined {
    return this.#store.position(group, topic, partition);
  }

  firstOffset(topic: Topic, partition: number): number {
    return this.#store.firstOffset(topic, partition);
  }

  visibleEnd(topic: Topic, partition: number): number {
    return this.#store.topic(topic).flushed[partition] as number;
  }

  /** Removes what is older than this and passed by every group; answers how many records. */
  async trim(olderThanMs: number): Promise<number> {
    return this.#closed ? 0 : this.#store.trim(this.#clock.now() - olderThanMs);
  }

  override async close(): Promise<void> {
    if (this.#closed) return;
    clearInterval(this.#trimTimer);
    await Promise.all([...this.#groups.values()].map((group) => group.stop()));
    this.#closed = true;
    await this.#flushing;
    await this.#store.close();
  }

  #enqueue(records: readonly LogRecord[], bytes: number, position: GroupPosition | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ records, position, bytes, resolve, reject });
      this.#pendingBytes += bytes;
      this.#flushing ??= this.#flushAll();
    });
  }

  async #flushAll(): Promise<void> {
    // Let everything of this turn of the event loop join the first group.
    await new Promise(setImmediate);
    while (this.#pending.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#store.write(
          group.flatMap(({ records }) => records),
          group.flatMap(({ position }) => position ?? []),
          this.#clock.now(),
        );
        this.#wake(group);
        for (const { resolve } of group) resolve();
      } catch (cause) {
        const error = new CdpError('unavailable', 'The log could not be written.', { retryAfter: 5, cause });
        this.#logger.error('log write failed', { error: String(cause) });
        for (const { reject } of group) reject(error);
      } finally {
        for (const { bytes } of group) this.#pendingBytes -= bytes;
      }
    }
    this.#flushing = undefined;
  }

  #takeGroup(): Pending[] {
    let bytes = 0;
    let count = 0;
    for (const entry of this.#pending) {
      if (count > 0 && bytes + entry.bytes > MAX_GROUP_BYTES) break;
      bytes += entry.bytes;
      count++;
    }
    return this.#pending.splice(0, count);
  }

  #wake(group: Pending[]): void {
    const topics = new Set<Topic>();
    for (const { records } of group) for (const { topic } of records) topics.add(topic);
    for (const consumers of this.#groups.values()) if (topics.has(consumers.topic)) consumers.wake();
  }

  async #trimQuietly(olderThanMs: number): Promise<void> {
    try {
      const removed = await this.trim(olderThanMs);
      if (removed > 0) this.#logger.info('log trimmed', { records: removed });
    } catch (error) {
      this.#logger.error('log could not be trimmed', { error: String(error) });
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new CdpError('unavailable', 'The log is closed.', { retryAfter: 5 });
  }
}
