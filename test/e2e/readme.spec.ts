import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServerProcess } from '../builders/server-process.js';
import { findDifference } from './readme/find-difference.js';
import { readTour } from './readme/read-tour.js';
import { Shell } from './readme/shell.js';

const README = join(import.meta.dirname, '../../../README.md');
const PATIENCE_MS = 15_000;
/** Steps that change something are done once; what only looks is looked at again until everything has been worked through. */
const CHANGES = /\s(-d|-X)\s|\bsend\b/;

const tour = readTour(await readFile(README, 'utf8'));

describe('the tour of the README', () => {
  let folder: string;
  let server: ServerProcess;
  let shell: Shell;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cdp-readme-'));
    server = new ServerProcess({ dir: folder });
    shell = new Shell({ CDP_URL: await server.listening, CDP_DATA_DIR: folder });
  }, 60_000);

  afterAll(async () => {
    await shell?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('has steps, and shows what most of them answer', () => {
    expect(tour.length).toBeGreaterThan(10);
    expect(tour.filter(({ shown }) => shown !== undefined).length).toBeGreaterThan(8);
  });

  it.each(tour)('line $line: $title', async ({ commands, shown }) => {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const output = await shell.run(commands);
      if (shown === undefined) return;
      const difference = findDifference(shown, JSON.parse(output));
      if (difference === undefined) return;
      if (CHANGES.test(commands) || Date.now() > until) throw new Error(`${difference}\nThe answer was:\n${output}`);
      await pause(50);
    }
  });
});
