/**
 * The partition of a key, the same in every home of the log, so that what is sized, moved or replayed by partition in one
 * can be compared with the other.
 *
 * FNV-1a, 32 bits, over UTF-16 code units, needs no buffer; then murmur3's finalizer, without which the low bits that the
 * remainder looks at depend on the low bits of the characters alone.
 */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % partitions;
}
