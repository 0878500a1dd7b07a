import type { Topic } from './topics.js';

/**
 * What is appended. Keys have 4,096 bytes of UTF-8 at the most; topics and groups are named with letters, digits, dots,
 * dashes and underscores. Records of one topic with the same key land in the same partition, in the order of their appending. */
export interface LogRecord {
  topic: Topic;
  key: string;
  value: Uint8Array;
}

/** What is read back. Offsets of one partition only grow; there may be gaps; they compare only within a partition. */
export interface StoredRecord {
  partition: number;
  offset: number;
  key: string;
  value: Buffer;
}

export interface Batch {
  topic: Topic;
  partition: number;
  /** At least one, in the order of their offsets. */
  records: StoredRecord[];
  /** True when nothing of this partition was known to follow the batch when it was read. */
  last: boolean;
}

/**
 * Does the work of one batch and returns the records that follow from it.
 *
 * The returned records and the group's position become durable and visible together or not at all. Effects in other
 * stores must be idempotent: after a crash, or when the partition moves to another process, the batch comes again,
 * perhaps cut differently. Throw `CdpError('unavailable')` while something needed is away: the same batch is tried
 * again with growing pauses for as long as it takes. On any other error the batch is tried again twice, then record by
 * record; a record that fails alone goes to the dead-letter topic with its reason, and the partition moves on.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler with nothing to append just returns.
export type BatchHandler = (batch: Batch) => Promise<LogRecord[] | void>;

export interface ConsumeOptions {
  /** Members of one group share the partitions; each group sees every record. */
  group: string;
  topic: Topic;
  /** Where a group that has no position starts. Default `earliest`. */
  from?: 'earliest' | 'latest';
  /** Records a batch at the most. Default 1,000. */
  maxRecords?: number;
  /**
   * Where the effects of this partition really are, for a consumer that writes its position beside its effects: the
   * offset of the next record to do. Reading starts at the smaller of this and the group's own position.
   */
  resumeAt?: (partition: number) => Promise<number | undefined>;
  handler: BatchHandler;
}

export interface Consumer {
  /** Resolves when no batch is under way; none starts until `resume`. */
  pause(): Promise<void>;
  resume(): void;
  /** Finishes the batch under way, commits, and leaves the group. */
  stop(): Promise<void>;
  /**
   * Resolves when every record appended before the call has been handled and committed; rejects with
   * `CdpError('unavailable')` when the group's last member stops before that.
   */
  drained(): Promise<void>;
}

/** A record that could not be handled, as it stands in a dead-letter topic (JSON). */
export interface DeadLetter {
  topic: Topic;
  partition: number;
  offset: number;
  key: string;
  reason: string;
  failedAt: string;
  /** The record's value, base64. */
  value: string;
}

/**
 * An append-only log in topics and partitions with consumer groups: the truth that every projection is rebuilt from.
 *
 * - Durable: `append` resolves only when the records would survive a power cut of this machine (or of its quorum).
 *   Concurrent appends share a flush. When an append rejects, the records may or may not be there.
 * - Ordered: per partition, records are read in the order of their appending; a key always maps to the same partition.
 * - At least once: a group sees each record; one whose batch was committed is not seen again by the group.
 * - Bounded: when more bytes wait for the disk than the limit allows, `append` rejects at once with
 *   `CdpError('unavailable', {retryAfter})` instead of growing memory. A record that can never be taken rejects with
 *   `invalid`, an append that is too big as a whole with `too_large`, and neither harms what others append.
 * - `read` does not move any group and may be called at any time.
 */
export abstract class EventLog {
  abstract append(records: readonly LogRecord[]): Promise<void>;

  abstract consume(options: ConsumeOptions): Promise<Consumer>;

  /** Up to `limit` records of a partition from an offset on; empty at the end. */
  abstract read(topic: Topic, partition: number, from: number, limit: number): Promise<StoredRecord[]>;

  abstract partitionCount(topic: Topic): number;

  /** The partition a key of the topic maps to. */
  abstract partitionOf(topic: Topic, key: string): number;

  /** The offset that the next record of the partition will not be below. */
  abstract endOffset(topic: Topic, partition: number): Promise<number>;

  /** Records that the group has yet to handle, over all partitions. */
  abstract lag(group: string, topic: Topic): Promise<number>;

  /** By partition, the offset that the group goes on from: all below it is handled and committed. */
  abstract positions(group: string, topic: Topic): Promise<number[]>;

  /** Stops all consumers after the batches under way, then closes the store. */
  abstract close(): Promise<void>;
}
