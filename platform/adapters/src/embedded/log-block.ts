import type { StoredRecord } from '@cdp/core/log';

/** Records a block holds at the most; a group commit of more is cut into several. */
export const BLOCK_RECORDS = 512;

const HEADER = 12;

/**
 * A block is the records that one group commit wrote to one partition, as one value:
 * `u32 count, f64 milliseconds of writing, count x (u16 key length, u32 value length, key, value)`.
 * One value for many records is what makes an append cost a B-tree insert per flush instead of per event.
 */
export function encodeBlock(records: readonly { key: string; value: Uint8Array }[], at: number): Buffer {
  let size = HEADER;
  for (const record of records) size += 6 + Buffer.byteLength(record.key) + record.value.byteLength;
  const block = Buffer.allocUnsafe(size);
  block.writeUInt32LE(records.length, 0);
  block.writeDoubleLE(at, 4);
  let offset = HEADER;
  for (const { key, value } of records) {
    const keyLength = block.write(key, offset + 6);
    block.writeUInt16LE(keyLength, offset);
    block.writeUInt32LE(value.byteLength, offset + 2);
    block.set(value, offset + 6 + keyLength);
    offset += 6 + keyLength + value.byteLength;
  }
  return block;
}

export const blockCount = (block: Buffer): number => block.readUInt32LE(0);
export const blockWrittenAt = (block: Buffer): number => block.readDoubleLE(4);

/** Adds the records of a block from offset `from` on to `into`, until that holds `limit`. */
export function decodeBlock(
  block: Buffer,
  partition: number,
  baseOffset: number,
  from: number,
  limit: number,
  into: StoredRecord[],
): void {
  const count = blockCount(block);
  let at = HEADER;
  for (let index = 0; index < count && into.length < limit; index++) {
    const keyLength = block.readUInt16LE(at);
    const valueLength = block.readUInt32LE(at + 2);
    const valueAt = at + 6 + keyLength;
    if (baseOffset + index >= from)
      into.push({
        partition,
        offset: baseOffset + index,
        key: block.toString('utf8', at + 6, valueAt),
        value: block.subarray(valueAt, valueAt + valueLength),
      });
    at = valueAt + valueLength;
  }
}
