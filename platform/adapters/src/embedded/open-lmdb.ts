import { type Key, open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb';

/**
 * Opens an environment whose last flush is a place to go back to at every moment. Two habits of the engine are against it:
 *
 * - After a reboot it opens at its last flush, and else at its last commit. A process that was killed leaves commits that are in
 *   the page cache and perhaps not on the disk; nobody was told of them. Going on from them, the engine takes them for flushed
 *   and uses pages anew that the last real flush is made of: a power cut before the next one would find neither. So it is to
 *   open at the last flush always.
 * - It gathers what one turn of the event loop writes, and begins early when that is much. A synchronous put in the same
 *   turn then cuts the gathered transaction in two, and the second half, though flushed and told of, goes without the mark of a
 *   flush. So it is not to gather; what belongs together is written with `batch`, and batches that wait share a
 *   transaction anyway.
 */
export function openLmdb<V, K extends Key>(options: RootDatabaseOptionsWithPath): RootDatabase<V, K> {
  // `safeRestore` is in the engine's manual, and missing from its types.
  const kept: RootDatabaseOptionsWithPath & { safeRestore: true } = {
    ...options,
    noMemInit: true,
    safeRestore: true,
    eventTurnBatching: false,
  };
  return open<V, K>(kept);
}
