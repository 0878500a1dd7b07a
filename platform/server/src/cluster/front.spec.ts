import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { RoleName } from '../config/index.js';
import { Front, type Upstream } from './front.js';

describe('the front before processes', () => {
  const servers: Server[] = [];
  const fronts: Front[] = [];
  afterEach(async () => {
    for (const front of fronts.splice(0)) await front.close();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function upstream(roles: RoleName[], listener: RequestListener): Promise<Upstream & { server: Server }> {
    const server = createServer(listener);
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return { port: (server.address() as AddressInfo).port, roles, server };
  }

  async function open(...upstreams: Upstream[]): Promise<{ front: Front; url: string }> {
    const front = new Front();
    fronts.push(front);
    for (const one of upstreams) front.add(one);
    return { front, url: `http://127.0.0.1:${await front.listen(0, '127.0.0.1')}` };
  }

  const named =
    (name: string): RequestListener =>
    (request, answer) => {
      request.resume();
      answer.setHeader('x-from', request.headers['x-forwarded-for'] ?? '');
      answer.end(`${name} ${request.method} ${request.url}`);
    };

  it('hands each request to a process with the role that answers its path, in turn', async () => {
    const [one, two, admin] = [
      await upstream(['ingest'], named('one')),
      await upstream(['ingest'], named('two')),
      await upstream(['admin'], named('admin')),
    ];
    const { url } = await open(one, two, admin);
    const ask = async (path: string) => (await fetch(`${url}${path}`, { method: 'POST', body: 'x' })).text();
    expect(await ask('/api/v1/apps?limit=1')).toBe('admin POST /api/v1/apps?limit=1');
    const answers = [await ask('/v1/track'), await ask('/v1/track'), await ask('/v1/track'), await ask('/v1/track')];
    expect(new Set(answers)).toEqual(new Set(['one POST /v1/track', 'two POST /v1/track']));
  });

  it('says whose request it is', async () => {
    const { url } = await open(await upstream(['ingest'], named('one')));
    const answer = await fetch(`${url}/v1/track`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect(answer.headers.get('x-from')).toMatch(/^203\.0\.113\.9, .*127\.0\.0\.1$/);
  });

  it('answers 503 with a mend where nobody is there, or whoever is goes away', async () => {
    const dies = await upstream(['ingest'], (request) => request.socket.destroy());
    const { front, url } = await open(dies);
    for (const path of ['/v1/track', '/api/v1/apps']) {
      const answer = await fetch(`${url}${path}`, { method: 'POST', body: 'x' });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await answer.json()).toMatchObject({ status: 503, code: 'unavailable' });
    }
    await front.remove(dies, 0);
    expect((await fetch(`${url}/v1/track`)).status).toBe(503);
  });

  it('lets a process that is taken out finish what it was handed', async () => {
    const asked = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const slow = await upstream(['ingest'], async (request, answer) => {
      request.resume();
      asked.resolve();
      await mayEnd.promise;
      answer.end('done');
    });
    const other = await upstream(['ingest'], named('other'));
    const { front, url } = await open(slow);
    const answer = fetch(`${url}/v1/track`).then((response) => response.text());
    await asked.promise;
    front.add(other);
    let gone = false;
    const removed = front.remove(slow, 60_000).then(() => {
      gone = true;
    });
    expect(await (await fetch(`${url}/v1/track`)).text()).toContain('other');
    expect(gone).toBe(false);
    mayEnd.resolve();
    expect(await answer).toBe('done');
    await removed;
  });

  it('passes on a stream as it comes', async () => {
    const more = Promise.withResolvers<void>();
    const { url } = await open(
      await upstream(['track'], async (_, answer) => {
        answer.write('first\n');
        await more.promise;
        answer.end('second\n');
      }),
    );
    const reader = (await fetch(`${url}/v1/inbox/stream`)).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first\n');
    more.resolve();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('second\n');
  });
});
