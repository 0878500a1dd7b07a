import { type Key, open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb';

/**
 * Opens an environment at its last flush. A process that was killed leaves commits behind it that are in the page cache and
 * perhaps not on the disk. Nobody was told of them, and going on from them would lose what was told: the engine takes the
 * commit it goes on from for flushed and uses pages anew that the last real flush is made of, so that a power cut before
 * the next one would find neither. Left to itself it goes back to the last flush after a reboot alone.
 */
export function openLmdb<V, K extends Key>(options: RootDatabaseOptionsWithPath): RootDatabase<V, K> {
  // The option is in the engine's manual, and missing from its types.
  const atLastFlush: RootDatabaseOptionsWithPath & { safeRestore: true } = {
    ...options,
    noMemInit: true,
    safeRestore: true,
  };
  return open<V, K>(atLastFlush);
}
