/**
 * A model of the disk under LMDB, loaded before everything else (`node --import`): what was flushed is kept as an image
 * beside the data file, and a power cut goes back to it.
 *
 * What it stands on, in lmdb 3.5 on Linux and macOS: a write transaction runs on a thread of its own. It writes its
 * pages and a meta page that is marked as not flushed, calls fdatasync, then writes a second, synchronous meta page that
 * an opening goes back to; only then is JavaScript told (status 0), and both the promise of the commit and
 * `flushed` follow from that call. The engine adds up the time it spent in fdatasync: the model takes a new image, before
 * anybody is told, when and only when that figure grew, so it goes by the system call and not by what anyone believes.
 *
 * What it does not cover: pages torn within 4 KiB, disks that lie about a flush, and the directory entry of a new file.
 */
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb';
import { flushMarkOf } from './flush-mark.js';
import { modelLevelDisk } from './level-disk.js';

type Open = (options: RootDatabaseOptionsWithPath) => RootDatabase;
type WriteCallback = (status: number) => unknown;

interface NativeEnv {
  startWriting(address: number, callback: WriteCallback): void;
}

const { nativeAddon } = (await import(new URL('./native.js', import.meta.resolve('lmdb')).href)) as {
  nativeAddon: { open: Open | undefined };
};

/** `no-flush`: the engine never calls fdatasync. `no-wait`: it does, but nobody waits for it. */
const fault = process.env.CDP_TEST_DISK_FAULT;

modelLevelDisk(fault);

const realOpen = open as Open;
// lmdb asks this property who opens, for programs that load it twice.
nativeAddon.open = observedOpen;

function observedOpen(options: RootDatabaseOptionsWithPath): RootDatabase {
  nativeAddon.open = realOpen;
  try {
    const measured = { ...options, trackMetrics: true, ...(fault === 'no-flush' && { noSync: true }) };
    const root = realOpen(measured);
    keepImages(root, options.path as string);
    if (fault === 'no-wait') waitForNothing(root);
    return root;
  } finally {
    nativeAddon.open = observedOpen;
  }
}

function keepImages(root: RootDatabase, path: string): void {
  const { env } = root as unknown as { env: NativeEnv };
  const start = env.startWriting.bind(env);
  let flushedFor = secondsInFlush(root);
  Object.defineProperty(env, 'startWriting', {
    value: (address: number, callback: WriteCallback) =>
      start(address, (status) => {
        const now = secondsInFlush(root);
        if (status === 0 && now > flushedFor) {
          flushedFor = now;
          takeImage(path);
        }
        return callback(status);
      }),
  });
}

const secondsInFlush = (root: RootDatabase): number => (root.getStats() as { timeSync: number }).timeSync;

/**
 * A disk has all pages of one moment; a copy is read page by page while transactions behind this one go on. Were another
 * flush done meanwhile, the copy could name the older flush beside pages that the engine has used anew since, or the newer
 * one without pages that lay behind the end of the file when the copy began: what no disk ever held. Such a copy is made
 * again; this thread starts no writes meanwhile, so that those under way come to an end.
 */
function takeImage(path: string): void {
  const data = join(path, 'data.mdb');
  const image = join(path, 'flushed.image');
  let mark: Buffer;
  do {
    mark = flushMarkOf(data);
    copyFileSync(data, `${image}.new`);
  } while (!flushMarkOf(data).equals(mark));
  renameSync(`${image}.new`, image);
}

function waitForNothing(root: RootDatabase): void {
  const batch = root.batch.bind(root);
  Object.defineProperty(root, 'batch', {
    value: (work: () => void) => {
      batch(work).catch(() => {});
      return Promise.resolve(true);
    },
  });
  Object.defineProperty(root, 'flushed', { value: Promise.resolve(true) });
}
