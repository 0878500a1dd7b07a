import { setTimeout as after } from 'node:timers/promises';
import type { Logger } from '@cdp/core/kernel';
import type { StoredRecord } from '@cdp/core/log';
import type { KafkaCluster } from './kafka-cluster.js';
import { isMoved, isOf, textOf } from './kafka-error.js';
import { offsetsOf } from './partition-offsets.js';
import {
  decodeRecordBatches,
  type FetchedPartition,
  fetchRequest,
  LEADER_NOT_AVAILABLE,
  protocolError,
} from './wire/index.js';

export interface PartitionFetcherOptions {
  /** Fetches wait on a connection of their own. */
  cluster: KafkaCluster;
  logger: Logger;
  /** Name at the brokers. */
  topic: string;
  /** Something was fetched, or is known now. */
  onNews: () => void;
}

export interface Waiting {
  records: StoredRecord[];
  /** The offset to go on at when these records, and the gap after them, are done. */
  after: number;
  last: boolean;
}

interface Buffered {
  records: StoredRecord[];
  bytes: number;
  /** The offset to fetch next. */
  position: number;
  /** Nothing is decided yet from here on. */
  end: number;
}

/** How long a broker waits for the first record: how late a partition may be that is opened meanwhile. */
const MAX_WAIT_MS = 200;
const PARTITION_BYTES = 2 * 1024 * 1024;
const REQUEST_BYTES = 16 * 1024 * 1024;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 2_000;

/** Reads ahead in the partitions of a topic that are worked on here: one request at a time to each broker, for all of them. */
export class PartitionFetcher {
  readonly #options: PartitionFetcherOptions;
  readonly #open = new Map<number, Buffered>();
  /** Nodes that are being asked. */
  readonly #asked = new Set<number>();
  readonly #stop = new AbortController();
  #placing = false;
  #failures = 0;

  constructor(options: PartitionFetcherOptions) {
    this.#options = options;
  }

  /** Starts over at an offset. */
  open(partition: number, from: number): void {
    this.#open.set(partition, { records: [], bytes: 0, position: from, end: from });
    void this.#fetch();
  }

  close(partition: number): void {
    this.#open.delete(partition);
  }

  stop(): void {
    this.#stop.abort();
  }

  /** How many records are there from the offset on; undefined when not even a gap is known to follow. */
  waiting(partition: number, next: number): number | undefined {
    const buffered = this.#open.get(partition);
    return buffered && buffered.position > next ? buffered.records.length : undefined;
  }

  /** Up to `limit` records, none from the offset `below` on. They stay until they are dropped. */
  peek(partition: number, limit: number, below: number): Waiting {
    const { records, position, end } = this.#open.get(partition) as Buffered;
    let count = Math.min(limit, records.length);
    while (count > 0 && (records[count - 1] as StoredRecord).offset >= below) count--;
    const following = records[count]?.offset;
    return {
      records: records.slice(0, count),
      after: Math.min(below, following ?? position),
      last: following === undefined && position >= end,
    };
  }

  /** Forgets what comes before an offset. */
  drop(partition: number, before: number): void {
    const buffered = this.#open.get(partition);
    if (!buffered) return;
    let count = 0;
    for (; count < buffered.records.length; count++) {
      const record = buffered.records[count] as StoredRecord;
      if (record.offset >= before) break;
      buffered.bytes -= record.value.length + record.key.length;
    }
    buffered.records.splice(0, count);
    void this.#fetch();
  }

  /** Asks each node that is not being asked for what is wanted of it. */
  async #fetch(): Promise<void> {
    if (this.#placing || this.#stop.signal.aborted) return;
    this.#placing = true;
    const byNode = new Map<number, number[]>();
    try {
      // Partitions that are opened in the same turn share a request.
      await new Promise(setImmediate);
      for (const [partition, { bytes }] of this.#open) {
        if (bytes >= PARTITION_BYTES) continue;
        const node = await this.#options.cluster.leaderOf(this.#options.topic, partition);
        if (node === undefined) throw protocolError(LEADER_NOT_AVAILABLE);
        const same = byNode.get(node);
        if (same) same.push(partition);
        else byNode.set(node, [partition]);
      }
    } catch (error) {
      await this.#failed(error);
      this.#placing = false;
      void this.#fetch();
      return;
    }
    this.#placing = false;
    for (const [node, partitions] of byNode) if (!this.#asked.has(node)) void this.#ask(node, partitions);
  }

  async #ask(node: number, partitions: readonly number[]): Promise<void> {
    const { cluster, topic } = this.#options;
    this.#asked.add(node);
    try {
      const opened = new Map(partitions.map((partition) => [partition, this.#open.get(partition)]));
      const wanted = [...opened].flatMap(([partition, buffered]) =>
        buffered ? [{ topic, partition, from: buffered.position }] : [],
      );
      const request = fetchRequest(wanted, {
        maxWaitMs: MAX_WAIT_MS,
        maxBytes: REQUEST_BYTES,
        partitionMaxBytes: PARTITION_BYTES,
      });
      const fetched = wanted.length > 0 ? await cluster.send(node, request) : [];
      for (const of of fetched) {
        const buffered = opened.get(of.partition);
        // Opened anew meanwhile, perhaps elsewhere.
        if (buffered && this.#open.get(of.partition) === buffered) await this.#keep(of, buffered);
      }
      this.#failures = 0;
      this.#options.onNews();
    } catch (error) {
      await this.#failed(error);
    } finally {
      this.#asked.delete(node);
    }
    void this.#fetch();
  }

  async #keep(fetched: FetchedPartition, buffered: Buffered): Promise<void> {
    if (fetched.errorCode !== 0) {
      const error = protocolError(fetched.errorCode);
      if (!isOf(error, 'OFFSET_OUT_OF_RANGE')) throw error;
      await this.#backIntoRange(fetched.partition, buffered);
      return;
    }
    const { records, next } = decodeRecordBatches(fetched.bytes, fetched.partition, buffered.position, fetched.aborted);
    for (const record of records) {
      buffered.records.push(record);
      buffered.bytes += record.value.length + record.key.length;
    }
    buffered.position = next;
    buffered.end = fetched.stableEnd;
  }

  /** What was to be read is gone: by retention before the group came to it, or with a broker that lost its disk. */
  async #backIntoRange(partition: number, buffered: Buffered): Promise<void> {
    const { cluster, topic, logger } = this.#options;
    const [first = 0] = await offsetsOf(cluster, topic, [partition], 'first');
    const [end = 0] = await offsetsOf(cluster, topic, [partition], 'end');
    const to = buffered.position < first ? first : end;
    logger.error('records are gone before they were handled', { topic, partition, from: buffered.position, to });
    buffered.position = to;
    buffered.end = end;
  }

  /** Waits before the next look; told once for each time that the brokers are away. */
  async #failed(error: unknown): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { cluster, topic, logger } = this.#options;
    if (this.#failures === 0 && !isMoved(error)) logger.warn('log could not be read', { topic, error: textOf(error) });
    const ms = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
    await after(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    if (!this.#stop.signal.aborted) await cluster.look().catch(() => undefined);
  }
}
