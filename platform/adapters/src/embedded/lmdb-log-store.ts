import type { LogRecord, StoredRecord, Topic } from '@cdp/core/log';
import type { Database, RootDatabase } from 'lmdb';
import { assertName, partitionOf } from '../log/index.js';
import { BLOCK_RECORDS, blockCount, blockWrittenAt, decodeBlock, encodeBlock } from './log-block.js';
import { openLmdb } from './open-lmdb.js';

/** A group's place in a partition: the offset of the next record to handle. */
export interface GroupPosition {
  group: string;
  topic: Topic;
  partition: number;
  next: number;
}

/** A batch of records is cut when the blocks it comes from are bigger than this. */
const MAX_READ_BYTES = 8 * 1024 * 1024;
const TRIM_AT_ONCE = 256;

interface TopicState {
  id: number;
  partitions: number;
  /** Offset that the next record of each partition gets. */
  ends: number[];
  /**
   * Offset up to which records of each partition are on the disk. Readers see no more: what follows from a record must
   * not outlive the record itself.
   */
  flushed: number[];
}

/** Blocks of the log and the positions of its groups in one LMDB environment, so that both change in one transaction. */
export class LmdbLogStore {
  readonly #root: RootDatabase<unknown, string>;
  readonly #blocks: Database<Buffer, Buffer>;
  readonly #meta: Database<unknown, string>;
  readonly #topics = new Map<Topic, TopicState>();
  readonly #defaultPartitions: number;

  constructor(path: string, defaultPartitions: number) {
    this.#root = openLmdb({ path, maxDbs: 4 });
    this.#blocks = this.#root.openDB({ name: 'blocks', keyEncoding: 'binary', encoding: 'binary' });
    this.#meta = this.#root.openDB({ name: 'meta', encoding: 'msgpack' });
    this.#defaultPartitions = defaultPartitions;
    for (const { key, value } of this.#meta.getRange({ start: 'topic/', end: 'topic0' }))
      this.#load(key.slice('topic/'.length), value as { id: number; partitions: number });
    for (const { position, next } of this.#positions()) this.#pass(position, next);
    for (const state of this.#topics.values()) state.flushed = [...state.ends];
  }

  /** The topic's state; a topic comes to be when it is first named. */
  topic(topic: Topic): TopicState {
    const known = this.#topics.get(topic);
    if (known) return known;
    assertName('topic', topic);
    const declared = { id: this.#topics.size + 1, partitions: this.#defaultPartitions };
    this.#meta.putSync(`topic/${topic}`, declared);
    return this.#load(topic, declared);
  }

  /** Writes everything in one transaction; resolves when it is on the disk. Must be awaited before the next write. */
  async write(records: readonly LogRecord[], positions: readonly GroupPosition[], at: number): Promise<void> {
    const blocks = this.#blocksOf(records, at);
    const committed = this.#root.batch(() => {
      for (const { key, value } of blocks) void this.#blocks.put(key, value);
      for (const { group, topic, partition, next } of positions)
        void this.#meta.put(positionKey(group, topic, partition), next);
    });
    // A commit is visible but may be in the page cache alone; an answer may go out after the flush. It is asked for in
    // this turn, because later the getter stands for the flush of another transaction.
    await Promise.all([committed, this.#root.flushed]);
    for (const state of this.#topics.values()) state.flushed = [...state.ends];
  }

  /** Up to `limit` records of `[from, end)`, fewer when they are big. */
  read(topic: Topic, partition: number, from: number, end: number, limit: number): StoredRecord[] {
    const { id } = this.topic(topic);
    const records: StoredRecord[] = [];
    let bytes = 0;
    if (from >= end) return records;
    const start = this.#blockAtOrBefore(id, partition, from);
    for (const { key, value } of this.#blocks.getRange({
      start: blockKey(id, partition, start),
      end: blockKey(id, partition, end),
    })) {
      decodeBlock(value, partition, offsetOf(key), from, limit, records);
      bytes += value.length;
      if (records.length >= limit || (bytes >= MAX_READ_BYTES && records.length > 0)) break;
    }
    return records;
  }

  position(group: string, topic: Topic, partition: number): number | undefined {
    return this.#meta.get(positionKey(group, topic, partition)) as number | undefined;
  }

  /** Offset of the oldest record that is kept. */
  firstOffset(topic: Topic, partition: number): number {
    const { id, ends } = this.topic(topic);
    for (const key of this.#blocks.getKeys({
      start: blockKey(id, partition, 0),
      end: blockKey(id, partition + 1, 0),
      limit: 1,
    }))
      return offsetOf(key);
    return ends[partition] as number;
  }

  /**
   * Removes blocks that were written before the instant and that every group has passed. The last block of a partition
   * stays: it carries the offsets on.
   */
  async trim(before: number): Promise<number> {
    let removed = 0;
    for (const [topic, { id, partitions }] of this.#topics)
      for (let partition = 0; partition < partitions; partition++)
        for (let more = true; more; ) {
          const { keys, records } = this.#trimmable(topic, id, partition, before);
          if (keys.length > 0)
            await this.#root.batch(() => {
              for (const key of keys) void this.#blocks.remove(key);
            });
          removed += records;
          more = keys.length === TRIM_AT_ONCE;
        }
    return removed;
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #load(topic: Topic, declared: { id: number; partitions: number }): TopicState {
    const state: TopicState = { ...declared, ends: [], flushed: [] };
    for (let partition = 0; partition < declared.partitions; partition++) {
      let end = 0;
      for (const { key, value } of this.#blocks.getRange({
        start: blockKey(declared.id, partition + 1, 0),
        end: blockKey(declared.id, partition, 0),
        reverse: true,
        exclusiveStart: true,
        inclusiveEnd: true,
        limit: 1,
      }))
        end = offsetOf(key) + blockCount(value);
      state.ends.push(end);
    }
    state.flushed = [...state.ends];
    this.#topics.set(topic, state);
    return state;
  }

  /** Offsets that a failed write took may lie behind the last block, and a group be past them. */
  #pass(position: string, next: number): void {
    const [, , topic = '', partition = ''] = position.split('/');
    const ends = this.#topics.get(topic)?.ends;
    if (ends) ends[Number(partition)] = Math.max(ends[Number(partition)] as number, next);
  }

  #blockAtOrBefore(id: number, partition: number, offset: number): number {
    for (const key of this.#blocks.getKeys({
      start: blockKey(id, partition, offset),
      end: blockKey(id, partition, 0),
      reverse: true,
      inclusiveEnd: true,
      limit: 1,
    }))
      return offsetOf(key);
    return offset;
  }

  #trimmable(topic: Topic, id: number, partition: number, before: number): { keys: Buffer[]; records: number } {
    const until = Math.min(
      this.#passedByAllGroups(topic, partition),
      (this.topic(topic).ends[partition] as number) - 1,
    );
    const keys: Buffer[] = [];
    let records = 0;
    for (const { key, value } of this.#blocks.getRange({
      start: blockKey(id, partition, 0),
      end: blockKey(id, partition, Math.max(0, until)),
      limit: TRIM_AT_ONCE,
    })) {
      if (blockWrittenAt(value) >= before || offsetOf(key) + blockCount(value) > until) break;
      keys.push(key);
      records += blockCount(value);
    }
    return { keys, records };
  }

  #passedByAllGroups(topic: Topic, partition: number): number {
    let passed = Number.POSITIVE_INFINITY;
    for (const { position, next } of this.#positions())
      if (position.endsWith(`/${topic}/${partition}`)) passed = Math.min(passed, next);
    return passed;
  }

  *#positions(): Generator<{ position: string; next: number }> {
    for (const { key, value } of this.#meta.getRange({ start: 'position/', end: 'position0' }))
      yield { position: key, next: value as number };
  }

  /** Cuts the records into blocks by partition and gives out their offsets. */
  #blocksOf(records: readonly LogRecord[], at: number): { key: Buffer; value: Buffer }[] {
    const buckets = new Map<Topic, LogRecord[][]>();
    for (const record of records) {
      let topic = buckets.get(record.topic);
      if (!topic) {
        topic = this.topic(record.topic).ends.map(() => []);
        buckets.set(record.topic, topic);
      }
      (topic[partitionOf(record.key, topic.length)] as LogRecord[]).push(record);
    }
    const blocks: { key: Buffer; value: Buffer }[] = [];
    for (const [topic, partitions] of buckets) {
      const { id, ends } = this.topic(topic);
      partitions.forEach((bucket, partition) => {
        for (let start = 0; start < bucket.length; start += BLOCK_RECORDS) {
          const slice = bucket.slice(start, start + BLOCK_RECORDS);
          const base = ends[partition] as number;
          blocks.push({ key: blockKey(id, partition, base), value: encodeBlock(slice, at) });
          // Stays when the write fails: an offset that may have been written is never given out again.
          ends[partition] = base + slice.length;
        }
      });
    }
    return blocks;
  }
}

function blockKey(topicId: number, partition: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(12);
  key.writeUInt16BE(topicId, 0);
  key.writeUInt16BE(partition, 2);
  key.writeUInt32BE(Math.floor(offset / 0x1_0000_0000), 4);
  key.writeUInt32BE(offset % 0x1_0000_0000, 8);
  return key;
}

const offsetOf = (key: Buffer): number => key.readUInt32BE(4) * 0x1_0000_0000 + key.readUInt32BE(8);

/** Names have no slashes in them. */
const positionKey = (group: string, topic: Topic, partition: number): string =>
  `position/${group}/${topic}/${partition}`;
