const POLYNOMIAL = 0x82f63b78;

/** Table k takes a byte that stands k bytes before the end of the eight that are taken at a time. */
const TABLES: Int32Array[] = [];
for (let slice = 0; slice < 8; slice++) {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let value = slice === 0 ? byte : ((TABLES[slice - 1] as Int32Array)[byte] as number);
    if (slice === 0) for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    else value = (value >>> 8) ^ ((TABLES[0] as Int32Array)[value & 0xff] as number);
    table[byte] = value;
  }
  TABLES.push(table);
}
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

/** The Castagnoli checksum that a record batch carries, eight bytes at a time (Intel's "slicing by 8"). */
export function crc32c(bytes: Buffer, from: number): number {
  let crc = -1;
  let at = from;
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = crc ^ bytes.readInt32LE(at);
    const high = bytes.readInt32LE(at + 4);
    crc =
      (T7[low & 0xff] as number) ^
      (T6[(low >>> 8) & 0xff] as number) ^
      (T5[(low >>> 16) & 0xff] as number) ^
      (T4[low >>> 24] as number) ^
      (T3[high & 0xff] as number) ^
      (T2[(high >>> 8) & 0xff] as number) ^
      (T1[(high >>> 16) & 0xff] as number) ^
      (T0[high >>> 24] as number);
  }
  for (; at < bytes.length; at++) crc = (T0[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}
