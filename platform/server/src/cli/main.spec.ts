import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '../testing/test-server.js';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const ADMIN = { email: 'root@example.com', password: 'correct horse battery' };

let server: TestServer;
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'cdp-cli-'));
  server = await startTestServer({ env: { CDP_ADMIN_EMAIL: ADMIN.email, CDP_ADMIN_PASSWORD: ADMIN.password } });
});
afterAll(async () => {
  await server.dispose();
  await rm(home, { recursive: true });
});

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

async function cdp(args: string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Ran> {
  const env = { PATH: process.env.PATH, XDG_CONFIG_HOME: home, CDP_DATA_DIR: join(home, 'data'), ...options.env };
  const child = spawn(process.execPath, [MAIN, ...args], { env });
  const texts = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (texts.err += chunk.toString()));
  child.stdin.end(options.input ?? '');
  const [code] = await once(child, 'close');
  return { code, ...texts };
}

const logIn = () => cdp(['--url', server.url, 'login', '--email', ADMIN.email], { input: `${ADMIN.password}\n` });

describe('cdp', () => {
  it('logs in with a password from standard input and keeps the token for its owner alone', async () => {
    const { code, out } = await logIn();
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('Logged in to') });
    expect((await stat(join(home, 'cdp/login.json'))).mode & 0o077).toBe(0);
    const wrong = await cdp(['--url', server.url, 'login', '--email', ADMIN.email], { input: 'wrong\n' });
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('401');
  });

  it('makes a tenant and an app, imports a file and previews a rule', async () => {
    await logIn();
    const tenant = JSON.parse((await cdp(['tenant', 'create', 'Shop', '--owner', 'ann@shop.example'])).out);
    expect(tenant).toMatchObject({
      name: 'Shop',
      owner: { email: 'ann@shop.example', temporaryPassword: expect.any(String) },
    });
    const app = JSON.parse((await cdp(['--tenant', tenant.id, 'app', 'create', 'Backend'])).out);
    const file = join(home, 'orders.csv');
    await writeFile(file, 'id,total\nc1,10\nc2,20\n');
    const mapping = JSON.stringify({
      type: 'track',
      event: 'Bought',
      userId: 'id',
      properties: { total: { column: 'total', type: 'number' } },
    });
    const job = await cdp(['import', file, '--key', `${app.appKey}:${app.secretKey}`, '--mapping', mapping]);
    expect(JSON.parse(job.out)).toMatchObject({ state: 'completed', accepted: 2, rejected: 0 });
    const aggregate = { name: 'orders', event: 'Bought', measure: 'count' };
    const made = await cdp(['--tenant', tenant.id, 'aggregate', 'create', JSON.stringify(aggregate)]);
    expect(JSON.parse(made.out)).toMatchObject(aggregate);
    expect(JSON.parse((await cdp(['--tenant', tenant.id, 'aggregate', 'list'])).out).items).toMatchObject([aggregate]);
    const preview = await cdp(['--tenant', tenant.id, 'segment', 'preview', '-'], { input: '{"event":"Bought"}' });
    expect(JSON.parse(preview.out)).toMatchObject({ count: expect.any(Number), total: expect.any(Number) });
  });

  it('prints the roles without a platform', async () => {
    const { out } = await cdp(['roles']);
    for (const role of ['ingest', 'process', 'segment', 'campaign', 'deliver', 'track', 'stream', 'admin'])
      expect(out).toMatch(new RegExp(`^${role} `, 'm'));
  });

  it('finds what is wrong', async () => {
    await logIn();
    const well = await cdp(['doctor']);
    expect({ code: well.code, out: well.out }).toEqual({ code: 0, out: expect.stringMatching(/ok {3}log: /) });
    const ill = await cdp(['--url', 'http://127.0.0.1:9', 'doctor'], { env: { CDP_LOG_LEVEL: 'loud' } });
    expect(ill.code).toBe(1);
    expect(ill.out).toContain('BAD  CDP_LOG_LEVEL');
    expect(ill.out).toContain('cannot be reached');
  });

  it('tells errors in a line, with the path of each mistake, and no stack', async () => {
    await logIn();
    const answers = [
      await cdp(['tenant', 'create', '', '--owner', 'x']),
      await cdp(['segment', 'preview', '{"trait"']),
      await cdp(['import', '/nowhere.csv', '--key', 'a:b']),
    ];
    for (const { code, err } of answers) {
      expect(code).toBe(1);
      expect(err).not.toMatch(/\n {4}at /);
    }
    expect(answers[0]?.err).toContain('owner.email');
    expect(answers[1]?.err).toContain('The rule is not JSON');
    expect((await cdp(['dance'])).code).toBe(1);
  });

  it('sends a token to nobody but the platform that gave it', async () => {
    await logIn();
    const other = await cdp([
      '--url',
      server.url.replace('127.0.0.1', 'localhost'),
      'segment',
      'preview',
      '{"all":[]}',
    ]);
    expect(other.err).toMatch(/401|cannot be reached/);
  });
});
