import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServerProcess } from '../builders/server-process.js';
import { findDifference } from './readme/find-difference.js';
import { readTour } from './readme/read-tour.js';
import { Shell } from './readme/shell.js';

const ROOT = join(import.meta.dirname, '../../..');
const PATIENCE_MS = 15_000;
/** Steps that change something are done once; what only looks is looked at again until everything has been worked through. */
const CHANGES = /\s(-d|-X|-F)\s|\bsend\b/;
const LOOKS = /\/preview\b|^count /;

const stepsOf = async (page: string) => readTour(await readFile(join(ROOT, page), 'utf8'));
const [README, ...GUIDES] = await Promise.all(
  [
    'README.md',
    'docs/guides/sending-events.md',
    'docs/guides/segments.md',
    'docs/guides/campaigns.md',
    'docs/guides/in-app-messages.md',
  ].map(async (page) => ({ page, steps: await stepsOf(page) })),
);
// Logs in and names what the other steps use; the guides begin with it too.
const [login] = README?.steps ?? [];
const PAGES = [README, ...GUIDES].flatMap((tour) => tour ?? []);

let folder: string;
let server: ServerProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cdp-readme-'));
  server = new ServerProcess({ dir: folder });
  await server.listening;
}, 60_000);

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(PAGES)('the steps of $page', ({ page, steps }) => {
  let shell: Shell;

  beforeAll(async () => {
    shell = new Shell({ CDP_URL: await server.listening, CDP_DATA_DIR: folder });
    if (page !== 'README.md') await shell.run(login?.commands ?? '');
  });
  afterAll(() => shell.close());

  it('are found, and most show their answer', () => {
    expect(steps.length).toBeGreaterThan(2);
    expect(steps.filter(({ shown }) => shown !== undefined).length).toBeGreaterThan(steps.length / 2);
  });

  it.each(steps)('line $line: $title', async ({ commands, shown }) => {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const output = await shell.run(commands);
      if (shown === undefined) return;
      const difference = findDifference(shown, JSON.parse(output));
      if (difference === undefined) return;
      const once = CHANGES.test(commands) && !LOOKS.test(commands);
      if (once || Date.now() > until) throw new Error(`${difference}\nThe answer was:\n${output}`);
      await pause(50);
    }
  });
});
