import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

interface Started {
  child: ChildProcess;
  output: () => string;
  url: string;
  ended: Promise<number | null>;
}

const children: ChildProcess[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const dir of folders.splice(0)) await rm(dir, { recursive: true, force: true });
});

function run(env: NodeJS.ProcessEnv): Omit<Started, 'url'> {
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env.PATH, ...env } });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return { child, output: () => text, ended };
}

async function start(env: NodeJS.ProcessEnv = {}): Promise<Started> {
  const dir = await mkdtemp(join(tmpdir(), 'cdp-main-'));
  folders.push(dir);
  const started = run({ PORT: '0', CDP_DATA_DIR: dir, CDP_DEMO: 'tenant', CDP_LOG_LEVEL: 'warn', ...env });
  for (;;) {
    const url = /running at (http:\S+)/.exec(started.output())?.[1];
    if (url && started.output().includes('curl ')) return { ...started, url };
    const next = started.child.stdout ? once(started.child.stdout, 'data').then(() => 'more') : Promise.resolve('more');
    const end = started.ended.then(() => 'ended');
    if ((await Promise.race([next, end])) === 'ended') throw new Error(`It did not start: ${started.output()}`);
  }
}

describe('the process', () => {
  it('prints a line that works when it is pasted into a shell, and stops on SIGTERM with what is under way finished', async () => {
    const { child, output, ended } = await start();
    const line = /^ {2}(curl .*)$/m.exec(output())?.[1] ?? '';
    const shell = spawn('sh', ['-c', `${line} -s`]);
    const [answer] = await once(shell.stdout, 'data');
    expect(JSON.parse(String(answer))).toEqual({ success: true, accepted: 1, rejected: [] });
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('exits at once on a second signal', async () => {
    const { child, url, ended } = await start({ CDP_SHUTDOWN_GRACE: '10m' });
    // An upload that never ends keeps the stop from finishing.
    const hanging = fetch(`${url}/v1/track`, {
      method: 'POST',
      body: new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{')) }),
      duplex: 'half',
    } as RequestInit).catch(() => undefined);
    await fetch(`${url}/healthz`);
    child.kill('SIGTERM');
    child.kill('SIGINT');
    expect(await ended).toBe(1);
    await hanging;
  });

  it('goes over to another master key, and does not start without one that something is under', async () => {
    const key = (byte: number) => Buffer.alloc(32, byte).toString('base64');
    const first = await start();
    const dir = folders.at(-1) ?? '';
    const write = /-u (\S+:\S+)/.exec(first.output())?.[1] ?? '';
    first.child.kill('SIGTERM');
    await first.ended;
    const again = async (env: NodeJS.ProcessEnv) => {
      const { child, output, url, ended } = await start({ CDP_DATA_DIR: dir, CDP_LOG_LEVEL: 'info', ...env });
      const authorization = `Basic ${Buffer.from(write).toString('base64')}`;
      const body = JSON.stringify({ userId: 'ada', event: 'Seen' });
      const { status } = await fetch(`${url}/v1/track`, { method: 'POST', headers: { authorization }, body });
      child.kill('SIGTERM');
      await ended;
      return { status, moved: output().includes('Data keys were put under the current master key') };
    };
    // The kept one is found by itself.
    expect(await again({ CDP_MASTER_KEY: key(1) })).toEqual({ status: 200, moved: true });
    await rm(join(dir, 'master.key'));
    const lost = run({ PORT: '0', CDP_DATA_DIR: dir, CDP_MASTER_KEY: key(2) });
    expect(await lost.ended).toBe(1);
    expect(lost.output()).toContain('CDP_FORMER_MASTER_KEYS');
    const given = { CDP_MASTER_KEY: key(2), CDP_FORMER_MASTER_KEYS: `${key(3)},${key(1)}` };
    expect(await again(given)).toEqual({ status: 200, moved: true });
    expect(await again({ CDP_MASTER_KEY: key(2) })).toEqual({ status: 200, moved: false });
  }, 60_000);

  it('refuses to start with every mistake of its configuration at once', async () => {
    const { output, ended } = run({ PORT: 'x', CDP_ROLES: 'ingest', CDP_LOG_LEVEL: 'loud' });
    expect(await ended).toBe(1);
    for (const part of ['3 mistakes', 'PORT: write', 'CDP_ROLES: the embedded stores', 'CDP_LOG_LEVEL: write'])
      expect(output()).toContain(part);
    expect(output()).not.toMatch(/\n {4}at /);
  });
});
