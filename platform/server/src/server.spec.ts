import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from './config/index.js';
import { PinoLogger } from './operations/index.js';
import { type Server, startServer } from './server.js';
import { Api } from './testing/api-client.js';
import { basic, startTestServer, type TestServer } from './testing/test-server.js';

describe('a server', () => {
  let server: TestServer;
  let api: Api;
  beforeAll(async () => {
    server = await startTestServer();
    api = await Api.owner(server);
  });
  afterAll(() => server.dispose());

  it('is alive and ready, and says how each store is doing', async () => {
    expect((await api.get('/healthz')).body).toEqual({ status: 'ok' });
    const ready = await api.get('/readyz');
    expect(ready.status).toBe(200);
    expect(Object.keys(ready.body.checks)).toEqual(
      expect.arrayContaining(['disk', 'log', 'sql', 'profiles', 'analytics']),
    );
    expect(Object.values(ready.body.checks)).toEqual(
      Object.values(ready.body.checks).map(() => expect.objectContaining({ ok: true })),
    );
  });

  it('shows its metrics by route', async () => {
    const { body } = await api.get('/metrics');
    expect(body).toMatch(/cdp_http_request_duration_seconds_count\{method="GET",route="\/readyz",status="200"\}/);
    expect(body).toContain('nodejs_eventloop_lag_seconds');
    expect(body).toMatch(/cdp_consumer_lag_records\{group="profile"\} \d+/);
    expect(body).toMatch(/cdp_queue_waiting_jobs\{queue="delivery-email"\} \d+/);
  });

  it.each([
    ['malformed JSON', { body: '{' }, 400],
    ['a poisoned prototype', { body: '{"__proto__":{"x":1},"name":"a"}' }, 400],
    ['another content type', { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
    ['a body that is too large', { body: JSON.stringify({ name: 'x'.repeat(3_000_000) }) }, 413],
    ['no body', {}, 400],
    ['a list for an object', { body: '[]' }, 400],
  ])('answers a problem to %s', async (_, options: { body?: string; headers?: object }, status) => {
    const { body: login } = await new Api(server.url).post('/api/v1/auth/login', { ...server.demo.owner });
    const response = await fetch(`${server.url}/api/v1/segments`, {
      method: 'POST',
      ...(options.body === undefined ? {} : { body: options.body }),
      headers: { authorization: `Bearer ${login.accessToken}`, 'content-type': 'application/json', ...options.headers },
    });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status, correlationId: response.headers.get('x-correlation-id') });
  });

  it('takes a call without a body whatever it says of its type', async () => {
    const { status } = await api.post('/api/v1/campaigns/none/launch', undefined, {
      'content-type': 'application/json',
    });
    expect(status).toBe(404);
  });

  it.each([
    ['GET', '/nowhere', 404],
    ['PUT', '/healthz', 405],
    ['GET', '/api/v1/segments?limit=0', 400],
    ['GET', '/api/v1/segments?limit=1001', 400],
    ['GET', '/api/v1/segments?cursor=nonsense', 400],
    ['GET', '/api/v1/profiles/%00', 404],
    ['GET', '/api/v1/profiles?identifier=nocolon', 400],
    ['GET', '/%zz', 400],
  ])('answers %s %s with a problem %d', async (method, path, status) => {
    const answer = await api.send(method, path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
  });

  it('names tenant and user in the line of a request', async () => {
    await api.get('/api/v1/segments', { 'x-correlation-id': 'line-1' });
    const line = server.logLines
      .map((text) => JSON.parse(text))
      .find(({ correlationId }) => correlationId === 'line-1');
    expect(line).toMatchObject({
      tenantId: server.demo.tenantId,
      userId: expect.any(String),
      status: 200,
      path: '/api/v1/segments',
    });
  });

  it('serves the pages under a policy that lets nothing else in', async () => {
    for (const path of ['/admin/', '/admin', '/docs']) {
      const page = await fetch(`${server.url}${path}`);
      expect(page.status).toBe(200);
      expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      const inline = [...(await page.text()).matchAll(/<script(?![^>]*\bsrc=)|<style|\son\w+=/g)];
      expect(inline).toEqual([]);
    }
  });
});

describe('a data folder', () => {
  const servers: Server[] = [];
  const folders: string[] = [];
  const start = async (dir: string): Promise<Server> => {
    const config = loadConfig({ PORT: '0', CDP_DATA_DIR: dir, CDP_DEMO: 'tenant', CDP_LOG_LEVEL: 'silent' });
    const server = await startServer({ config, logger: new PinoLogger(config.operations) });
    servers.push(server);
    return server;
  };
  const folder = async (): Promise<string> => {
    const dir = await mkdtemp(join(tmpdir(), 'cdp-folder-'));
    folders.push(dir);
    return dir;
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
    for (const dir of folders.splice(0)) await rm(dir, { recursive: true });
  });

  it('keeps the demo and its keys over a restart, readable by their owner alone', async () => {
    const dir = await folder();
    const first = await start(dir);
    await first.close();
    const second = await start(dir);
    expect(second.welcome).toEqual(first.welcome);
    for (const file of ['demo.json', 'demo-admin.txt', 'master.key'])
      expect((await stat(join(dir, file))).mode & 0o077).toBe(0);
    const { appKey, secretKey } = second.welcome?.demo?.server ?? { appKey: '', secretKey: '' };
    const door = new Api(second.url, { authorization: basic(appKey, secretKey) });
    expect((await door.post('/v1/track', { userId: 'u', event: 'E' })).status).toBe(200);
  });

  it('is for one process at a time', async () => {
    const dir = await folder();
    const first = await start(dir);
    await expect(start(dir)).rejects.toThrow(/in use by another process/);
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
    await first.close();
    await start(dir);
  });

  it('is released when the start fails, here because the port is taken', async () => {
    const [one, two] = [await folder(), await folder()];
    const first = await start(one);
    const env = { PORT: new URL(first.url).port, CDP_DATA_DIR: two, CDP_LOG_LEVEL: 'silent' };
    const config = loadConfig(env);
    await expect(startServer({ config, logger: new PinoLogger(config.operations) })).rejects.toThrow(/EADDRINUSE/);
    await start(two);
  });
});
