import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyDocument, type ProfileDocument } from '@cdp/core/profile';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { open } from 'lmdb';
import { LmdbProfileStore } from './lmdb-profile-store.js';
import { LmdbState } from './lmdb-state.js';
import { type TemporaryFolder, temporaryFolder } from './testing/index.js';

const PEOPLE = 300;
const PAGE = 4_096;

let folder: TemporaryFolder;
const closing: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  delete process.env.LMDB_RESTORE;
  for (const close of closing.splice(0).reverse()) await close();
  await folder.remove();
});

function folderWith(name: string, data: Buffer): string {
  const path = join(folder.path, name);
  mkdirSync(path);
  writeFileSync(join(path, 'data.mdb'), data);
  return path;
}

function opened(path: string): LmdbProfileStore {
  const state = new LmdbState({ path });
  closing.push(() => state.close());
  return new LmdbProfileStore(state);
}

const write = (profiles: LmdbProfileStore, version: number, people = PEOPLE): Promise<unknown> =>
  profiles.putMany(
    't',
    Array.from({ length: people }, (_, index) => documentOf(`p-${index}`, version)),
  );

const documentOf = (id: string, version: number): ProfileDocument => ({
  ...emptyDocument('t', id, 0),
  version,
  traits: { filler: { value: 'x'.repeat(500), at: version } },
});

/** The data file of a process that is killed now, having committed some versions more without being told of their flush. */
async function killedWith(path: string, profiles: LmdbProfileStore, versions: readonly number[]): Promise<Buffer> {
  const data = join(path, 'data.mdb');
  // The mark of the last flush: the second half of the first page.
  const mark = readFileSync(data).subarray(PAGE / 2, PAGE);
  // The engine uses no page anew that the last flush needs. Here flushes are done, and a reader has it keep to that.
  const reader = open({ path, maxDbs: 128 });
  closing.push(() => reader.close());
  const pinned = reader.useReadTransaction();
  for (const version of versions) await write(profiles, version);
  const killed = readFileSync(data);
  pinned.done();
  mark.copy(killed, PAGE / 2);
  return killed;
}

/** It committed versions 2 to 6 and was told of the flush of version 1 alone. */
async function killedBeforeItsFlush(path: string): Promise<Buffer> {
  const profiles = opened(path);
  await write(profiles, 1);
  return killedWith(path, profiles, [2, 3, 4, 5, 6]);
}

describe('an environment of LMDB', () => {
  it('keeps what was flushed when a kill is followed by a power cut at the next start', async () => {
    const killed = await killedBeforeItsFlush(join(folder.path, 'first'));
    const next = folderWith('next', killed);
    await write(opened(next), 7);
    // All that the start wrote is on the disk but for the first page, with the mark of its flush.
    const disk = readFileSync(join(next, 'data.mdb'));
    killed.copy(disk, 0, 0, PAGE);
    // As the engine does by itself after a reboot.
    process.env.LMDB_RESTORE = 'safe';
    const found = await opened(folderWith('last', disk)).scan('t', undefined, PEOPLE + 1);
    expect(found).toHaveLength(PEOPLE);
    expect(new Set(found.map(({ version }) => version))).toEqual(new Set([1]));
  });

  it('starts after a kill from what was flushed: nobody was told of more', async () => {
    const next = folderWith('next', await killedBeforeItsFlush(join(folder.path, 'first')));
    expect((await opened(next).get('t', 'p-1'))?.version).toBe(1);
  });

  it('marks every flush that writers are told of, also of a big write that something small came between', async () => {
    const path = join(folder.path, 'first');
    const profiles = opened(path);
    // More than the engine waits for before it begins to write; in the same turn a tenant that is new, and stored at once.
    const big = write(profiles, 1, 3_000);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    await Promise.all([big, profiles.putMany('new', [{ ...documentOf('p', 1), tenantId: 'new' }])]);
    const next = opened(folderWith('next', await killedWith(path, profiles, [2, 3])));
    expect(await next.scan('t', undefined, 3_001)).toHaveLength(3_000);
    expect(await next.get('new', 'p')).toMatchObject({ version: 1 });
  });
});
