import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '../testing/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.dispose());

const logIn = (headers: Record<string, string>, body?: string): Promise<Response> =>
  fetch(`${server.url}/api/v1/auth/login`, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });

describe('bodies of the admin API', () => {
  it('takes an empty body for none, whatever its type is called: it is what is missing that is told', async () => {
    const answer = await logIn({ 'content-type': 'application/json' }, '');
    const { detail } = (await answer.json()) as { detail: string };
    expect(answer.status).toBe(400);
    expect(detail).not.toMatch(/content-type|empty/i);
  });

  it('says how to send one that calls itself something else', async () => {
    const answer = await logIn({ 'content-type': 'application/x-www-form-urlencoded' }, '{}');
    const { status, detail } = (await answer.json()) as { status: number; detail: string };
    expect({ status, detail }).toEqual({ status: 415, detail: 'Send JSON, as Content-Type: application/json.' });
  });

  it('refuses JSON that would change a prototype', async () => {
    const answer = await logIn({ 'content-type': 'application/json' }, '{"__proto__": {"email": "a"}}');
    expect(answer.status).toBe(400);
  });

  it('refuses what is nested beyond reason, whatever the route would do with it', async () => {
    for (const levels of [100, 200_000]) {
      const answer = await logIn({ 'content-type': 'application/json' }, '['.repeat(levels) + ']'.repeat(levels));
      const { status, detail } = (await answer.json()) as { status: number; detail: string };
      expect({ status, detail }).toEqual({ status: 400, detail: 'The body is nested deeper than 64 levels.' });
    }
  });
});

describe('a stop', () => {
  it('does not wait for a connection that nothing came on', async () => {
    const stopping = await startTestServer();
    const { hostname, port } = new URL(stopping.url);
    const socket = connect(Number(port), hostname);
    const accepted = once(stopping.app.getHttpServer(), 'connection');
    await accepted;
    const closed = once(socket, 'close');
    await stopping.dispose();
    await closed;
  });
});
