import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { StoredRecord } from '@cdp/core/log';
import { crc32c } from './crc32c.js';

/** Who writes a batch, and its place in the order of what that producer wrote to the partition. */
export interface BatchOrigin {
  producerId: bigint;
  producerEpoch: number;
  /** Of the first record. */
  sequence: number;
  transactional: boolean;
}

export interface RecordToEncode {
  /** UTF-8. */
  key: string;
  value: Uint8Array;
}

/** A transaction whose records must not be seen. */
export interface AbortedTransaction {
  producerId: bigint;
  firstOffset: number;
}

export interface DecodedRecords {
  records: StoredRecord[];
  /** The offset after all that was looked at, seen or not: markers and aborted records have offsets too. */
  next: number;
}

/** More than a record can take in a batch, without a look at the text of its key. */
export const mostBytesOf = ({ key, value }: RecordToEncode): number =>
  value.byteLength + key.length * 3 + RECORD_OVERHEAD;

/** What a record adds to a batch at the most, beside its key and value. */
const RECORD_OVERHEAD = 24;
const HEADER = 61;
const AT_LENGTH = 8;
const AT_MAGIC = 16;
const AT_CRC = 17;
const AT_ATTRIBUTES = 21;
const MAGIC = 2;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const CODEC = 0x07;
const GZIP = 1;
const ZSTD = 4;

/** Format v2 (https://kafka.apache.org/documentation/#recordbatch), not compressed, without headers. */
export function encodeRecordBatch(
  records: readonly RecordToEncode[],
  { producerId, producerEpoch, sequence, transactional }: BatchOrigin,
  at: number,
): Buffer {
  const keyBytes: number[] = [];
  const bodies: number[] = [];
  let size = HEADER;
  records.forEach(({ key, value }, index) => {
    const keyLength = Buffer.byteLength(key);
    // Attributes, a time difference of 0 and no headers take a byte each.
    const body =
      3 + varintSize(index) + varintSize(keyLength) + keyLength + varintSize(value.byteLength) + value.byteLength;
    keyBytes.push(keyLength);
    bodies.push(body);
    size += varintSize(body) + body;
  });
  const batch = Buffer.allocUnsafe(size);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(size - AT_LENGTH - 4, AT_LENGTH);
  batch.writeInt32BE(-1, 12); // leader epoch: the broker's
  batch.writeInt8(MAGIC, AT_MAGIC);
  batch.writeInt16BE(transactional ? TRANSACTIONAL : 0, AT_ATTRIBUTES);
  batch.writeInt32BE(records.length - 1, 23);
  batch.writeBigInt64BE(BigInt(at), 27);
  batch.writeBigInt64BE(BigInt(at), 35);
  batch.writeBigInt64BE(producerId, 43);
  batch.writeInt16BE(producerEpoch, 51);
  batch.writeInt32BE(sequence, 53);
  batch.writeInt32BE(records.length, 57);
  let offset = HEADER;
  records.forEach(({ key, value }, index) => {
    offset = writeVarint(batch, bodies[index] as number, offset);
    batch[offset++] = 0;
    batch[offset++] = 0;
    offset = writeVarint(batch, index, offset);
    offset = writeVarint(batch, keyBytes[index] as number, offset);
    offset += batch.write(key, offset);
    offset = writeVarint(batch, value.byteLength, offset);
    batch.set(value, offset);
    offset += value.byteLength;
    batch[offset++] = 0;
  });
  batch.writeUInt32BE(crc32c(batch, AT_ATTRIBUTES), AT_CRC);
  return batch;
}

/**
 * The visible records from an offset on. `aborted` in the order of their first offsets, as brokers tell them. A batch that is
 * cut short at the end is left for the next read.
 */
export function decodeRecordBatches(
  bytes: Buffer,
  partition: number,
  from: number,
  aborted: readonly AbortedTransaction[],
): DecodedRecords {
  const records: StoredRecord[] = [];
  const hidden = new Set<bigint>();
  let abortedAt = 0;
  let next = from;
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const base = Number(bytes.readBigInt64BE(at));
    const end = at + AT_LENGTH + 4 + bytes.readInt32BE(at + AT_LENGTH);
    if (end > bytes.length) break;
    if (bytes[at + AT_MAGIC] !== MAGIC)
      throw new Error(`A record batch is of format ${bytes[at + AT_MAGIC]}, not ${MAGIC}.`);
    const attributes = bytes.readInt16BE(at + AT_ATTRIBUTES);
    const producerId = bytes.readBigInt64BE(at + 43);
    const after = base + bytes.readInt32BE(at + 23) + 1;
    for (; abortedAt < aborted.length && (aborted[abortedAt] as AbortedTransaction).firstOffset < after; abortedAt++)
      hidden.add((aborted[abortedAt] as AbortedTransaction).producerId);
    // The marker at the end of a transaction, of which there may be another by the same producer.
    if (attributes & CONTROL) hidden.delete(producerId);
    else if (!(attributes & TRANSACTIONAL && hidden.has(producerId)))
      decodeRecords(recordsOf(bytes.subarray(at + HEADER, end), attributes), {
        count: bytes.readInt32BE(at + 57),
        partition,
        base,
        from,
        records,
      });
    next = Math.max(next, after);
    at = end;
  }
  return { records, next };
}

/** Brokers and topics may be set to compress what producers sent plain. */
function recordsOf(bytes: Buffer, attributes: number): Buffer {
  const codec = attributes & CODEC;
  if (codec === 0) return bytes;
  if (codec === GZIP) return gunzipSync(bytes);
  if (codec === ZSTD) return zstdDecompressSync(bytes);
  throw new Error(
    `A record batch is compressed by codec ${codec}: set compression.type of the topic to producer, gzip or zstd.`,
  );
}

interface Target {
  count: number;
  partition: number;
  base: number;
  from: number;
  records: StoredRecord[];
}

function decodeRecords(bytes: Buffer, { count, partition, base, from, records }: Target): void {
  const cursor = new VarintCursor(bytes);
  for (let index = 0; index < count; index++) {
    const length = cursor.read();
    const end = cursor.at + length;
    cursor.at++; // attributes
    cursor.skip(); // time
    const offset = base + cursor.read();
    if (offset >= from) {
      const keyLength = cursor.read();
      const keyAt = cursor.at;
      cursor.at += Math.max(0, keyLength);
      const valueLength = cursor.read();
      records.push({
        partition,
        offset,
        key: keyLength > 0 ? bytes.toString('utf8', keyAt, keyAt + keyLength) : '',
        value: valueLength > 0 ? bytes.subarray(cursor.at, cursor.at + valueLength) : EMPTY,
      });
    }
    cursor.at = end;
  }
}

const EMPTY = Buffer.alloc(0);

/** Zigzag numbers of 32 bits, seven bits a byte. */
class VarintCursor {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(): number {
    let value = 0;
    let byte: number;
    for (let shift = 0; ; shift += 7) {
      byte = this.#bytes[this.at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
  }

  skip(): void {
    while ((this.#bytes[this.at++] as number) >= 0x80);
  }
}

/** Bytes that a number of at least 0 takes. */
function varintSize(value: number): number {
  if (value < 0x40) return 1;
  if (value < 0x2000) return 2;
  if (value < 0x100000) return 3;
  return value < 0x8000000 ? 4 : 5;
}

function writeVarint(bytes: Buffer, value: number, at: number): number {
  let rest = (value << 1) >>> 0;
  let offset = at;
  for (; rest >= 0x80; rest >>>= 7) bytes[offset++] = (rest & 0x7f) | 0x80;
  bytes[offset++] = rest;
  return offset;
}
