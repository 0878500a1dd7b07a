/**
 * A model of the disk under LevelDB. What it stands on: a write with `sync` is on the disk, with all before it, when it
 * resolves; what is written without it need not be. LevelDB only ever appends to its files, so of what was not flushed a
 * disk may have any first part. Whether LevelDB keeps that promise is not asked here; whether we ask it to is.
 */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ClassicLevel } from 'classic-level';

const IMAGE = '.image';
const SLOW_MS = 20;

type Fault = 'no-flush' | 'no-wait';

interface Batch {
  write(options?: { sync?: boolean }): Promise<void>;
}

/** From now on each write with `sync` leaves an image of its database beside it, before anybody is told. */
export function modelLevelDisk(fault: string | undefined): void {
  const { prototype } = ClassicLevel as unknown as { prototype: { location: string; batch: () => Batch } };
  const begin = prototype.batch;
  prototype.batch = function (this: { location: string }) {
    const batch = begin.call(this as typeof prototype);
    const write = batch.write.bind(batch);
    batch.write = async (options = {}) => {
      const written = writeOn(fault as Fault | undefined, this.location, () => write(options), options.sync === true);
      if (fault === 'no-wait') written.catch(() => {});
      else await written;
    };
    return batch;
  };
}

async function writeOn(fault: Fault | undefined, location: string, write: () => Promise<void>, sync: boolean) {
  // The disk takes its time: whoever does not wait has gone on by then.
  if (fault === 'no-wait') await delay(SLOW_MS);
  await write();
  if (!sync || fault === 'no-flush') return;
  const image = `${location}${IMAGE}`;
  cpSync(location, `${image}.new`, { recursive: true });
  // At every moment one of the two is whole, so that a kill in between leaves the one before.
  if (existsSync(image)) renameSync(image, `${image}.before`);
  renameSync(`${image}.new`, image);
  rmSync(`${image}.before`, { recursive: true, force: true });
}

/** Takes the databases in a folder back to their images; `kept` says how much of what came after, from 0 to 1. */
export function loseLevels(folder: string, kept: () => number): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.includes(IMAGE)) continue;
    const image = [`${path}${IMAGE}`, `${path}${IMAGE}.before`].find(existsSync);
    if (image === undefined) rmSync(path, { recursive: true });
    else loseFiles(path, image, kept);
    for (const rest of ['', '.new', '.before']) rmSync(`${path}${IMAGE}${rest}`, { recursive: true, force: true });
  }
}

function loseFiles(path: string, image: string, kept: () => number): void {
  for (const file of readdirSync(path)) {
    const flushed = join(image, file);
    if (!existsSync(flushed)) continue;
    const length = readFileSync(flushed).length;
    const written = readFileSync(join(path, file));
    const more = Math.max(0, written.length - length);
    writeFileSync(flushed, written.subarray(0, length + Math.floor(more * kept())));
  }
  rmSync(path, { recursive: true });
  renameSync(image, path);
}
