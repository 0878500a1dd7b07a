import { createHmac, randomUUID } from 'node:crypto';
import { sqlMessagingStores } from '@cdp/adapters/sql';
import { PLATFORM } from '@cdp/core/tenancy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, Api, eventually } from '../../testing/api-client.js';
import { basic, startTestServer, type TestServer } from '../../testing/test-server.js';

interface Keys {
  appKey: string;
  secretKey: string;
}

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

function token(
  { appKey, secretKey }: Keys,
  claims: Record<string, unknown> = {},
  header: unknown = { alg: 'HS256' },
): string {
  const signed = `${part(header)}.${part({ iss: appKey, sub: 'ann', exp: inSeconds(60), ...claims })}`;
  return `${signed}.${createHmac('sha256', secretKey).update(signed).digest('base64url')}`;
}

let server: TestServer;
let front: Keys;
let profileId: string;
const door = (authorization: string) => new Api(server.url, { authorization });
const user = (claims?: Record<string, unknown>) => door(`Bearer ${token(front, claims)}`);
const makeApp = async (more: Record<string, unknown> = {}): Promise<Keys> => {
  const { apps } = server.platform.tenancy;
  const { app, secretKey } = await apps.create(
    server.demo.tenantId,
    { name: 'Front', kind: 'public', ...more },
    PLATFORM,
  );
  return { appKey: app.appKey, secretKey };
};
/** As a plugin does; without a campaign nothing of it is counted. */
const put = async (...ids: string[]): Promise<void> => {
  const expiresAt = Date.now() + 3_600_000;
  const message = { profileId, content: { title: 'Hello' }, channel: 'in-app', sentAt: Date.now(), expiresAt };
  const { inbox } = sqlMessagingStores(server.platform.stores.db, server.platform.ids);
  await inbox.put(
    server.demo.tenantId,
    ids.map((id) => ({ ...message, id })),
  );
};

beforeAll(async () => {
  server = await startTestServer();
  front = await makeApp();
  await door(server.serverAuth).post('/v1/identify', { userId: 'ann', traits: { email: 'ann@example.com' } });
  const owner = await Api.owner(server);
  const found = await eventually(
    () => owner.get('/api/v1/profiles?identifier=userId:ann'),
    ({ body }) => body.items?.length === 1,
  );
  profileId = found.body.items[0].id;
  await put('m1', 'm2', 'm3');
});
afterAll(() => server.dispose());

describe('who may look into an inbox', () => {
  it('is its user, by a token', async () => {
    const { status, headers, body } = await user().get('/v1/inbox?limit=2');
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({ items: [{ id: 'm3' }, { id: 'm2' }], unread: 3, nextCursor: expect.any(String) });
    expect(body.items[0]).toEqual({
      id: 'm3',
      channel: 'in-app',
      campaignId: null,
      content: { title: 'Hello' },
      sentAt: expect.stringMatching(/Z$/),
      expiresAt: expect.stringMatching(/Z$/),
      readAt: null,
      clickedAt: null,
      dismissedAt: null,
    });
    const next = await user().get(`/v1/inbox?limit=2&cursor=${body.nextCursor}`);
    expect(next.body).toMatchObject({ items: [{ id: 'm1' }], nextCursor: null });
    expect((await user({ sub: 'nobody' }).get('/v1/inbox')).body).toMatchObject({ items: [], unread: 0 });
  });

  it('is a server app, for anybody, by whatever names the person', async () => {
    const api = door(server.serverAuth);
    for (const who of ['userId=ann', 'identifier=userId:ann', 'identifier=email:ANN@example.com'])
      expect((await api.get(`/v1/inbox?${who}`)).body.items).toHaveLength(3);
    expect((await api.get('/v1/inbox?anonymousId=ann')).body.items).toEqual([]);
    for (const query of [
      '',
      '?userId=',
      '?userId=a&anonymousId=b',
      '?userId=a&userId=b',
      '?identifier=shoe:42',
      '?identifier=x',
    ])
      expect((await api.get(`/v1/inbox${query}`)).status).toBe(400);
  });

  it('is a server app that signs its requests', async () => {
    const { appKey, secretKey } = server.demo.server;
    const [timestamp, nonce, path] = [String(Date.now()), randomUUID(), '/v1/inbox?userId=ann'];
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const signature = createHmac('sha256', secretKey)
      .update(`${timestamp}.${nonce}.GET.${path}.${empty}`)
      .digest('hex');
    const headers = { 'x-cdp-key': appKey, 'x-cdp-timestamp': timestamp, 'x-cdp-nonce': nonce };
    const signed = { ...headers, 'x-cdp-signature': `v1=${signature}` };
    expect((await new Api(server.url).get(path, signed)).body.items).toHaveLength(3);
    expect((await new Api(server.url).get(path, signed)).status).toBe(401);
  });

  it('is nobody by the key of a public app, which stands in the open', async () => {
    for (const auth of [basic(front.appKey), basic(front.appKey, front.secretKey)]) {
      const { status, body } = await door(auth).get('/v1/inbox?userId=ann');
      expect({ status, code: body.code }).toEqual({ status: 403, code: 'forbidden' });
    }
    for (const path of ['/v1/inbox', '/v1/inbox/stream', `/v1/inbox?userId=ann&token=${token(front)}`])
      expect((await new Api(server.url).get(path)).status).toBe(401);
    expect((await new Api(server.url).get(`/v1/inbox?userId=ann&writeKey=${front.appKey}`)).status).toBe(403);
  });

  it('is not the user of a token who asks for another', async () => {
    expect((await user().get('/v1/inbox?userId=ann')).status).toBe(200);
    for (const query of ['userId=ben', 'anonymousId=ann', 'identifier=email:ann@example.com'])
      expect((await user().get(`/v1/inbox?${query}`)).status).toBe(403);
  });

  it.each<[string, () => string]>([
    ['over', () => token(front, { exp: inSeconds(-1) })],
    ['without an end', () => token(front, { exp: undefined })],
    ['good for more than a day', () => token(front, { exp: inSeconds(90_000) })],
    ['not good yet', () => token(front, { nbf: inSeconds(600) })],
    ['without a user', () => token(front, { sub: undefined })],
    ['for an empty user', () => token(front, { sub: ' ' })],
    ['for a user that is no text', () => token(front, { sub: 42 })],
    ['of an app that is not there', () => token(front, { iss: 'ak_nobody' })],
    ['without an app', () => token(front, { iss: undefined })],
    ['signed by somebody else', () => token({ ...front, secretKey: 'cdp_sk_guessed' })],
    ['signed by another app', () => token({ ...front, secretKey: server.demo.server.secretKey })],
    ['unsigned', () => `${token(front, {}, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`],
    ['of another algorithm', () => token(front, {}, { alg: 'HS512' })],
    ['with demands of its own', () => token(front, {}, { alg: 'HS256', crit: ['exp'] })],
    [
      'changed',
      () => token(front).replace(/\.[^.]+\./, `.${part({ iss: front.appKey, sub: 'ben', exp: inSeconds(60) })}.`),
    ],
    ['no JSON', () => `${part('{')}.${part('}')}.xx`],
    ['a list', () => `${part([])}.${part([])}.xx`],
    ['endless', () => `${'a'.repeat(5_000)}.b.c`],
  ])('is nobody by a token that is %s', async (_, make) => {
    const { status, body } = await door(`Bearer ${make()}`).get('/v1/inbox');
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'unauthenticated' });
  });

  it('is bound by what binds the app', async () => {
    const bound = await makeApp({ allowedOrigins: ['https://shop.example'] });
    const from = (origin: string): Promise<Answer> => door(`Bearer ${token(bound)}`).get('/v1/inbox', { origin });
    const good = await from('https://shop.example');
    expect([good.status, good.headers.get('access-control-allow-origin')]).toEqual([200, 'https://shop.example']);
    const bad = await from('https://evil.example');
    expect([bad.status, bad.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    const elsewhere = await makeApp({ allowedIps: ['203.0.113.7'] });
    expect((await door(`Bearer ${token(elsewhere)}`).get('/v1/inbox')).status).toBe(403);
  });

  it('is told to browsers before they ask', async () => {
    for (const path of ['/v1/inbox', '/v1/inbox/stream', '/v1/inbox/m1/read']) {
      const { status, headers } = await new Api(server.url).send('OPTIONS', path, undefined, {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      });
      expect(status).toBe(204);
      expect(headers.get('access-control-allow-headers')).toContain('authorization');
    }
  });
});

describe('what a person does', () => {
  it.each([
    ['read', { readAt: expect.any(String), clickedAt: null }],
    ['click', { readAt: expect.any(String), clickedAt: expect.any(String) }],
    ['dismiss', { dismissedAt: expect.any(String) }],
  ])('is noted by %s', async (call, shown) => {
    await put(`for-${call}`);
    const { status, body } = await user().post(`/v1/inbox/for-${call}/${call}`);
    expect({ status, body }).toMatchObject({ status: 200, body: { id: `for-${call}`, ...shown } });
    expect((await user().post(`/v1/inbox/for-${call}/${call}`, {})).body).toEqual(body);
  });

  it('is noted however the body is called, and whatever is in it', async () => {
    const answer = await fetch(`${server.url}/v1/inbox/m1/read`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token(front)}`, 'content-type': 'text/plain' },
      body: 'not looked at',
    });
    expect(answer.status).toBe(200);
  });

  it('is refused for a message in no inbox of the person', async () => {
    for (const api of [user({ sub: 'ben' }), user({ sub: 'nobody' })])
      expect((await api.post('/v1/inbox/m1/read')).status).toBe(404);
    expect((await user().post('/v1/inbox/none/read')).status).toBe(404);
    expect((await user().post('/v1/inbox/m1/eat')).status).toBe(404);
    expect((await user().get('/v1/inbox/m1/read')).status).toBe(405);
  });
});

describe('the stream', () => {
  const open = async (path: string, headers: Record<string, string> = {}) => {
    const abort = new AbortController();
    const answer = await fetch(`${server.url}/v1/inbox/stream${path}`, { headers, signal: abort.signal });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (wanted: RegExp): Promise<string> => {
      while (!wanted.test(text)) {
        const next = await reader?.read();
        if (!next || next.done) throw new Error(`It ended before ${wanted}: ${text}`);
        text += next.value;
      }
      return text;
    };
    return { answer, until, close: () => abort.abort() };
  };
  const bearer = () => ({ authorization: `Bearer ${token(front)}` });

  it('tells of what comes, with what a browser needs to come back', async () => {
    const { answer, until, close } = await open('', { ...bearer(), origin: 'https://shop.example' });
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(await until(/id: \d+\n\n/)).toMatch(/^retry: 2000\n\nid: \d+\n\n$/);
    await put('live');
    expect(await until(/"live".*\n\n/)).toMatch(/\n\nid: \d+\nevent: message\ndata: \{"id":"live",.*\}\n\n$/);
    close();
    await eventually(
      async () => server.platform.inboxFeed.size,
      (size) => size === 0,
    );
  });

  it('takes the token of an EventSource, which can send no header', async () => {
    const { until, close } = await open(`?token=${token(front)}&since=0`);
    await until(/event: message\ndata: \{"id":"m2"/);
    close();
    expect((await open('?token=nonsense')).answer.status).toBe(401);
  });

  it('goes on after the last event, which counts before where it once began', async () => {
    const { body } = await user().get('/v1/inbox');
    const { until, close } = await open('?since=0', { ...bearer(), 'last-event-id': String(body.position) });
    await put('after');
    expect(await until(/"after"/)).not.toContain('"m2"');
    close();
    for (const since of ['-1', 'x', '1.5', '1e3'])
      expect((await open(`?since=${since}`, bearer())).answer.status).toBe(400);
  });

  it('is refused beyond what a person needs', async () => {
    const streams = [];
    for (let n = 0; n < 20; n++) streams.push(await open('', bearer()));
    const { answer } = await open('', bearer());
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('30');
    for (const { close } of streams) close();
    await eventually(
      async () => server.platform.inboxFeed.size,
      (size) => size === 0,
    );
  });

  it('has no head', async () => {
    const answer = await fetch(`${server.url}/v1/inbox/stream`, { method: 'HEAD', headers: bearer() });
    expect(answer.status).toBe(405);
  });

  it('is a figure of the metrics', async () => {
    const { until, close } = await open('', bearer());
    await until(/id:/);
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/^cdp_inbox_streams 1$/m);
    close();
  });

  it('keeps the tokens that stand in addresses out of the log', () => {
    expect(server.logLines.join('')).not.toContain('eyJhbGci');
  });
});
