import type { LogRecord, StoredRecord, Topic } from '@cdp/core/log';
import { type Database, open, type RootDatabase } from 'lmdb';
import { BLOCK_RECORDS, blockCount, blockWrittenAt, decodeBlock, encodeBlock } from './log-block.js';

/** A group's place in a partition: the offset of the next record to handle. */
export interface GroupPosition {
  group: string;
  topic: Topic;
  partition: number;
  next: number;
}

interface TopicState {
  id: number;
  partitions: number;
  /** Offset that the next record of each partition gets. */
  ends: number[];
}

/** Blocks of the log and the positions of its groups in one LMDB environment, so that both change in one transaction. */
export class LmdbLogStore {
  readonly #root: RootDatabase<unknown, string>;
  readonly #blocks: Database<Buffer, Buffer>;
  readonly #meta: Database<unknown, string>;
  readonly #topics = new Map<Topic, TopicState>();
  readonly #defaultPartitions: number;

  constructor(path: string, defaultPartitions: number) {
    this.#root = open({ path, maxDbs: 4, noMemInit: true });
    this.#blocks = this.#root.openDB({ name: 'blocks', keyEncoding: 'binary', encoding: 'binary' });
    this.#meta = this.#root.openDB({ name: 'meta', encoding: 'msgpack' });
    this.#defaultPartitions = defaultPartitions;
    for (const { key, value } of this.#meta.getRange({ start: 'topic/', end: 'topic0' }))
      this.#load(key.slice('topic/'.length), value as { id: number; partitions: number });
  }

  /** The topic's state; a topic comes to be when it is first named. */
  topic(topic: Topic): TopicState {
    const known = this.#topics.get(topic);
    if (known) return known;
    const declared = { id: this.#topics.size + 1, partitions: this.#defaultPartitions };
    this.#meta.putSync(`topic/${topic}`, declared);
    return this.#load(topic, declared);
  }

  /** Writes everything in one transaction; resolves when it is on the disk. */
  async write(records: readonly LogRecord[], positions: readonly GroupPosition[], at: number): Promise<void> {
    const perPartition = new Map<string, { state: TopicState; partition: number; records: LogRecord[] }>();
    for (const record of records) {
      const state = this.topic(record.topic);
      const partition = partitionOf(record.key, state.partitions);
      const name = `${state.id}/${partition}`;
      const entry = perPartition.get(name);
      if (entry) entry.records.push(record);
      else perPartition.set(name, { state, partition, records: [record] });
    }
    const committed = this.#root.batch(() => {
      for (const { state, partition, records: all } of perPartition.values())
        for (let start = 0; start < all.length; start += BLOCK_RECORDS) {
          const slice = all.slice(start, start + BLOCK_RECORDS);
          const base = state.ends[partition] as number;
          state.ends[partition] = base + slice.length;
          void this.#blocks.put(blockKey(state.id, partition, base), encodeBlock(slice, at));
        }
      for (const { group, topic, partition, next } of positions)
        void this.#meta.put(positionKey(group, topic, partition), next);
    });
    await committed;
    // The commit is visible but only in the page cache; an answer may go out after the flush alone.
    await this.#root.flushed;
  }

  read(topic: Topic, partition: number, from: number, end: number, limit: number): StoredRecord[] {
    const { id } = this.topic(topic);
    const records: StoredRecord[] = [];
    if (from >= end) return records;
    const start = this.#blockAtOrBefore(id, partition, from);
    for (const { key, value } of this.#blocks.getRange({
      start: blockKey(id, partition, start),
      end: blockKey(id, partition, end),
    })) {
      decodeBlock(value, partition, offsetOf(key), from, limit, records);
      if (records.length >= limit) break;
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

  /** Removes blocks that were written before the instant and that every group has passed; the last block stays, it carries the offsets on. */
  async trim(before: number): Promise<number> {
    let removed = 0;
    const passed = this.#passedByAllGroups();
    for (const [topic, { id, partitions, ends }] of this.#topics)
      for (let partition = 0; partition < partitions; partition++) {
        const until = Math.min(
          passed.get(`${topic}/${partition}`) ?? Number.POSITIVE_INFINITY,
          (ends[partition] as number) - 1,
        );
        for (const { key, value } of this.#blocks.getRange({
          start: blockKey(id, partition, 0),
          end: blockKey(id, partition, Math.max(0, until)),
        })) {
          if (blockWrittenAt(value) >= before || offsetOf(key) + blockCount(value) > until) break;
          removed += blockCount(value);
          await this.#blocks.remove(key);
        }
      }
    return removed;
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #load(topic: Topic, declared: { id: number; partitions: number }): TopicState {
    const state: TopicState = { ...declared, ends: [] };
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
    this.#topics.set(topic, state);
    return state;
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

  #passedByAllGroups(): Map<string, number> {
    const passed = new Map<string, number>();
    for (const { key, value } of this.#meta.getRange({ start: 'position/', end: 'position0' })) {
      const [, , topic, partition] = key.split('/');
      const name = `${topic}/${partition}`;
      passed.set(name, Math.min(passed.get(name) ?? Number.POSITIVE_INFINITY, value as number));
    }
    return passed;
  }
}

/** FNV-1a, 32 bits, over UTF-16 code units: spreads short similar keys well and needs no buffer. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % partitions;
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

const positionKey = (group: string, topic: Topic, partition: number): string =>
  `position/${group}/${topic}/${partition}`;
