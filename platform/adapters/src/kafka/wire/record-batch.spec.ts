import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { crc32c } from './crc32c.js';
import { decodeRecordBatches, encodeRecordBatch } from './record-batch.js';

interface TheirRecord {
  offset: string;
  key: Buffer;
  value: Buffer;
}
const require = createRequire(import.meta.url);
const TheirDecoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => unknown;
const theirBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: unknown,
) => Promise<{ records: TheirRecord[]; producerId: string; firstSequence: number; inTransaction: boolean }>;
const theirCrc = require('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number;

const origin = { producerId: 7n, producerEpoch: 3, sequence: 11, transactional: false };
const record = (key: string, value: string) => ({ key, value: Buffer.from(value) });
/** The batch as a broker has it after it gave out offsets. */
function at(offset: number, batch: Buffer): Buffer {
  const placed = Buffer.from(batch);
  placed.writeBigInt64BE(BigInt(offset), 0);
  return placed;
}
/** What a broker writes at the end of a transaction. */
function marker(offset: number, producerId: bigint): Buffer {
  const batch = at(offset, encodeRecordBatch([record('', '')], { ...origin, producerId, transactional: true }, 0));
  batch.writeInt16BE(0x30, 21);
  return batch;
}

const records = fc.array(
  fc.record({ key: fc.string({ unit: 'grapheme' }), value: fc.uint8Array({ maxLength: 300 }) }),
  {
    minLength: 1,
    maxLength: 50,
  },
);

describe('a record batch', () => {
  it('has the checksum of the Castagnoli polynomial', () => {
    expect(crc32c(Buffer.from('123456789'), 0)).toBe(0xe3069283);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(crc32c(Buffer.from(bytes), 0)).toBe(theirCrc(Buffer.from(bytes)) >>> 0);
      }),
    );
  });

  it('is read by others as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (written) => {
        const batch = await theirBatch(new TheirDecoder(encodeRecordBatch(written, origin, 1_000)));
        expect(batch).toMatchObject({ producerId: '7', firstSequence: 11, inTransaction: false });
        expect(batch.records.map(({ key, value }) => [key.toString(), value])).toEqual(
          written.map(({ key, value }) => [Buffer.from(key).toString(), Buffer.from(value)]),
        );
      }),
    );
  });

  it('is read back as it was written, from any offset on', () => {
    fc.assert(
      fc.property(records, fc.nat(60), (written, from) => {
        const batch = at(1_000, encodeRecordBatch(written, origin, 1_000));
        const decoded = decodeRecordBatches(batch, 4, 1_000 + from, []);
        expect(decoded.next).toBe(1_000 + Math.max(from, written.length));
        expect(decoded.records).toEqual(
          written.slice(from).map(({ key, value }, index) => ({
            partition: 4,
            offset: 1_000 + from + index,
            key: Buffer.from(key).toString(),
            value: Buffer.from(value),
          })),
        );
      }),
    );
  });

  it('is left for the next read where it is cut short', () => {
    const whole = at(0, encodeRecordBatch([record('a', '1')], origin, 0));
    const cut = at(1, encodeRecordBatch([record('b', '2')], origin, 0)).subarray(0, -1);
    expect(decodeRecordBatches(Buffer.concat([whole, cut]), 0, 0, [])).toMatchObject({
      next: 1,
      records: [{ key: 'a' }],
    });
  });

  it('is passed over when its transaction was taken back, and so are markers', () => {
    const by = (producerId: bigint, offset: number, key: string) =>
      at(offset, encodeRecordBatch([record(key, 'v')], { ...origin, producerId, transactional: true }, 0));
    const bytes = Buffer.concat([
      by(1n, 0, 'aborted'),
      by(2n, 1, 'kept'),
      marker(2, 1n),
      marker(3, 2n),
      by(1n, 4, 'later'),
      marker(5, 1n),
    ]);
    const decoded = decodeRecordBatches(bytes, 0, 0, [{ producerId: 1n, firstOffset: 0 }]);
    expect(decoded.records.map(({ key, offset }) => [key, offset])).toEqual([
      ['kept', 1],
      ['later', 4],
    ]);
    expect(decoded.next).toBe(6);
  });

  it('can be compressed by a broker', () => {
    const plain = encodeRecordBatch([record('a', '1'), record('b', '2')], origin, 0);
    const batch = Buffer.concat([plain.subarray(0, 61), gzipSync(plain.subarray(61))]);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt16BE(1, 21);
    expect(decodeRecordBatches(batch, 0, 0, []).records.map(({ key }) => key)).toEqual(['a', 'b']);
  });
});
