import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ownEnvironment } from '../builders/server-process.js';
import { PLAY } from '../demo/play-campaign.js';
import { playStory, type StoryResult } from '../demo/story.js';

const PASSWORD = 'story-password-1';
const MAIN = join(import.meta.dirname, '../../../platform/server/dist/main.js');

/** The platform in a process of its own, as it ships; answers its address. */
async function start(folder: string) {
  const env = {
    ...ownEnvironment(),
    NODE_OPTIONS: '',
    PORT: '0',
    CDP_DATA_DIR: folder,
    CDP_ADMIN_PASSWORD: PASSWORD,
    CDP_LOG_LEVEL: 'info',
  };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const address = /"url":"(http:[^"]+)"/.exec(line)?.[1];
      if (address) resolve(address);
    });
    child.once('exit', (code) => reject(new Error(`The server ended with ${code} before it listened.`)));
  });
  return { child, url };
}

describe('the story of the demo', () => {
  let folder: string;
  let server: Awaited<ReturnType<typeof start>>;
  let story: StoryResult;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cdp-story-'));
    server = await start(folder);
    story = await playStory({ baseUrl: server.url, email: 'admin@localhost', password: PASSWORD, print: () => {} });
  }, 180_000);

  afterAll(async () => {
    const ended = once(server.child, 'exit');
    server.child.kill('SIGTERM');
    const [code] = await ended;
    await rm(folder, { recursive: true, force: true });
    expect(code).toBe(0);
  });

  it('takes in every click and purchase, and makes one profile of each person', () => {
    expect([story.clicks, story.purchases, story.customers, story.people]).toEqual([31_106, 6_919, 2_357, 2_957]);
  });

  it('finds in each segment as many as counting over the files does', () => {
    expect(story.segments.map(({ size }) => size)).toEqual(story.segments.map(({ counted }) => counted));
    expect(story.segments.every(({ size }) => size > 0)).toBe(true);
  });

  it('sends to the whole segment once and counts what people did, machines apart', () => {
    const [loyal] = story.segments;
    const { audience, sent, opened, clicked, unsubscribed, converted, machineClicked, skipped } = story.report;
    expect({ audience, sent, skipped }).toEqual({ audience: loyal?.size, sent: loyal?.size, skipped: {} });
    expect({ opened, clicked, unsubscribed, converted, machineClicked }).toEqual({
      opened: PLAY.opened,
      clicked: PLAY.clicked,
      unsubscribed: PLAY.unsubscribed,
      converted: PLAY.converted,
      machineClicked: PLAY.scanned,
    });
  });

  it('shows it all on the timeline, newest first, and explains the membership', () => {
    expect(story.timeline.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'Message Sent',
        'Message Opened',
        'Message Clicked',
        'Message Unsubscribed',
        'Order Completed',
      ]),
    );
    const times = story.timeline.map(({ timestamp }) => Date.parse(timestamp));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(story.explanation.answer).toBe(true);
  });
});
