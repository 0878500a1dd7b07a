import { createHash, createHmac, randomUUID } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { PLATFORM } from '@cdp/core/tenancy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basic, startTestServer, type TestServer } from '../../testing/test-server.js';
import type { Problem } from '../problem.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { CDP_INGEST_MAX_REQUEST: '64KB', CDP_INGEST_MAX_EVENT: '4KB' } });
});
afterAll(() => server.dispose());

const event = { userId: 'u1', event: 'Paid', properties: { total: 12 } };

interface Sent {
  status: number;
  headers: Headers;
  body: Record<string, unknown> & Partial<Problem>;
}

async function send(path: string, options: RequestInit & { auth?: string | null } = {}): Promise<Sent> {
  const { auth = server.serverAuth, headers, ...rest } = options;
  const sent = { ...(auth === null ? {} : { authorization: auth }), ...(headers as Record<string, string>) };
  const response = await fetch(`${server.url}${path}`, { method: 'POST', headers: sent, ...rest });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

const json = (value: unknown): RequestInit => ({ body: JSON.stringify(value) });

describe('write API: bodies', () => {
  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'nonsense', ''])(
    'reads JSON that calls itself %p',
    async (type) => {
      const { status, body } = await send('/v1/track', { ...json(event), headers: { 'content-type': type } });
      expect({ status, body }).toEqual({ status: 200, body: { success: true, accepted: 1, rejected: [] } });
    },
  );

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
  ])('inflates %s', async (encoding, deflate) => {
    const body = deflate(JSON.stringify(event));
    const headers = { 'content-encoding': encoding, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await send('/v1/track', { body, headers })).status).toBe(200);
  });

  it('answers 413 to a body that inflates beyond the limit, and 400 to one that was cut off', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(65_536);
    const headers = { 'content-encoding': 'gzip' };
    expect((await send('/v1/batch', { body: bomb, headers })).status).toBe(413);
    const whole = gzipSync(JSON.stringify(event));
    const cut = await send('/v1/track', { body: whole.subarray(0, whole.length - 9), headers });
    expect(cut.status).toBe(400);
    expect(cut.body.code).toBe('invalid');
    expect((await send('/v1/track', { body: 'no gzip at all', headers })).status).toBe(400);
    expect((await send('/v1/track', { ...json(event), headers: { 'content-encoding': 'lzw' } })).status).toBe(400);
  });

  it('answers 413 to a body above the limit', async () => {
    const { status, body } = await send('/v1/batch', { body: Buffer.alloc(70_000, 0x20) });
    expect(status).toBe(413);
    expect(body.code).toBe('too_large');
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '"text"',
    '1',
    '{"userId":1e400,"event":"x"}',
    `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
    '{"userId":"u"}',
    '{"userId":"\\ud800","event":"x"}',
    '{"anonymousId":"\\udc00","event":"x"}',
  ])('answers 400 with a problem to malformed body %#', async (body) => {
    const answer = await send('/v1/track', { body });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid', correlationId: expect.any(String) });
  });

  it('takes no `__proto__` over, and no NUL', async () => {
    const body =
      '{"userId":"u\\u0000x","event":"E","properties":{"__proto__":{"polluted":true},"constructor":{"a":1}}}';
    expect((await send('/v1/track', { body })).status).toBe(200);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('takes the good events of a batch and names the others', async () => {
    const batch = [
      { ...event, type: 'track', messageId: 'a' },
      { type: 'track', userId: 'u', messageId: 'b' },
      { ...event, type: 'track', properties: { big: 'x'.repeat(5_000) } },
      7,
    ];
    const { status, body } = await send('/v1/batch', json({ batch, sentAt: new Date().toISOString() }));
    expect(status).toBe(200);
    expect(body).toMatchObject({ success: true, accepted: 1 });
    expect((body.rejected as { index: number; code: string }[]).map(({ index, code }) => [index, code])).toEqual([
      [1, 'invalid'],
      [2, 'too_large'],
      [3, 'invalid'],
    ]);
  });
});

describe('write API: paths', () => {
  const calls: [string, object][] = [
    ['track', event],
    ['identify', { userId: 'u1', traits: { plan: 'pro' } }],
    ['page', { anonymousId: 'a1', name: 'Home' }],
    ['screen', { anonymousId: 'a1', name: 'Home' }],
    ['group', { userId: 'u1', groupId: 'g' }],
    ['alias', { userId: 'u1', previousId: 'a1' }],
  ];
  it.each(
    calls.flatMap(([type, body]) =>
      [`/v1/${type}`, `/v1/${type[0]}`, `/${type}`, `/${type[0]}`, `/api/s/${type}`, `/api/s/s2s/${type}`].map(
        (path) => [path, body] as const,
      ),
    ),
  )('takes %s', async (path, body) => {
    expect((await send(path, json(body))).body).toEqual({ success: true, accepted: 1, rejected: [] });
  });

  it.each(['/v1/batch', '/v1/b', '/v1/import', '/batch', '/b', '/import', '/beacon/v1/batch', '/api/s/batch'])(
    'takes a batch at %s',
    async (path) => {
      expect(
        (
          await send(
            path,
            json({
              batch: [
                { ...event, type: 'track' },
                { ...event, type: 'track' },
              ],
            }),
          )
        ).body,
      ).toMatchObject({ accepted: 2 });
    },
  );

  it('takes events, users and devices', async () => {
    expect((await send('/v1/events', json({ userId: 'u1', name: 'Paid' }))).body).toMatchObject({ accepted: 1 });
    expect((await send('/v1/events', json({ events: [event, event] }))).body).toMatchObject({ accepted: 2 });
    expect((await send('/v1/users', json({ users: [{ userId: 'u1', traits: { a: 1 } }] }))).body).toMatchObject({
      accepted: 1,
    });
    expect((await send('/v1/devices', json({ userId: 'u1', token: 't/1', platform: 'ios' }))).body).toMatchObject({
      accepted: 1,
    });
    expect((await send(`/v1/devices/${encodeURIComponent('t/1')}`, { method: 'DELETE' })).body).toMatchObject({
      accepted: 1,
    });
  });

  it('answers an unknown type with 404, and another method with 405', async () => {
    expect((await send('/api/s/dance', json(event))).status).toBe(404);
    const wrong = await send('/v1/track', { method: 'PUT', ...json(event) });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('POST');
  });
});

describe('write API: who may write', () => {
  it('finds the key wherever SDKs put it; a header wins over the body', async () => {
    const { appKey, secretKey } = server.demo.server;
    const open = server.demo.public.appKey;
    const ways: [string, RequestInit & { auth: string | null }][] = [
      ['/v1/track', { auth: basic(appKey, secretKey), ...json({ ...event, writeKey: 'masked' }) }],
      ['/v1/track', { auth: `Bearer ${appKey}:${secretKey}`, ...json(event) }],
      ['/v1/track', { auth: basic(open), ...json(event) }],
      ['/v1/track', { auth: null, headers: { 'x-write-key': `${appKey}:${secretKey}` }, ...json(event) }],
      ['/v1/track', { auth: null, headers: { 'x-write-key': open }, ...json(event) }],
      [`/v1/track?writeKey=${open}`, { auth: null, ...json(event) }],
      ['/v1/track', { auth: null, ...json({ ...event, writeKey: open }) }],
    ];
    for (const [path, options] of ways) expect((await send(path, options)).status).toBe(200);
  });

  it('answers 401 with nothing told about which part was wrong', async () => {
    const { appKey } = server.demo.server;
    const answers = await Promise.all(
      [null, basic('nobody', 'x'), basic(appKey, 'wrong'), basic(appKey), 'Negotiate abc'].map((auth) =>
        send('/v1/track', { auth, ...json(event) }),
      ),
    );
    for (const { status, body, headers } of answers) {
      expect(status).toBe(401);
      expect(body.code).toBe('unauthenticated');
      expect(headers.get('www-authenticate')).not.toBeNull();
    }
    expect(answers[1]?.body.detail).toBe(answers[2]?.body.detail);
  });

  it('takes a signed request once, and only as it was signed', async () => {
    const { appKey, secretKey } = server.demo.server;
    const body = JSON.stringify(event);
    const sign = (nonce: string, timestamp = String(Math.floor(Date.now() / 1_000)), over = body) => {
      const hash = createHash('sha256').update(over).digest('hex');
      const mac = createHmac('sha256', secretKey).update(`${timestamp}.${nonce}.POST./v1/track.${hash}`).digest('hex');
      return {
        'x-cdp-key': appKey,
        'x-cdp-timestamp': timestamp,
        'x-cdp-nonce': nonce,
        'x-cdp-signature': `v1=${mac}`,
      };
    };
    const nonce = randomUUID();
    const signed = { auth: null, body, headers: sign(nonce) };
    expect((await send('/v1/track', signed)).status).toBe(200);
    expect((await send('/v1/track', signed)).status).toBe(401);
    expect(
      (await send('/v1/track', { auth: null, body, headers: sign(randomUUID(), undefined, `${body} `) })).status,
    ).toBe(401);
    const old = String(Math.floor(Date.now() / 1_000) - 400);
    expect((await send('/v1/track', { auth: null, body, headers: sign(randomUUID(), old) })).status).toBe(401);
  });

  it('binds an app to its addresses and origins', async () => {
    const { apps } = server.platform.tenancy;
    const { tenantId } = server.demo;
    const shop = await apps.create(
      tenantId,
      { name: 'Bound', kind: 'public', allowedOrigins: ['https://shop.example'] },
      PLATFORM,
    );
    const auth = basic(shop.app.appKey);
    const good = await send('/v1/track', { auth, headers: { origin: 'https://shop.example' }, ...json(event) });
    expect(good.status).toBe(200);
    expect(good.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect((await send('/v1/track', { auth, ...json(event) })).status).toBe(200);
    const bad = await send('/v1/track', { auth, headers: { origin: 'https://evil.example' }, ...json(event) });
    expect(bad.status).toBe(403);
    expect(bad.headers.get('access-control-allow-origin')).toBeNull();
    const far = await apps.create(tenantId, { name: 'Far', kind: 'public', allowedIps: ['203.0.113.0/24'] }, PLATFORM);
    const spoofed = { auth: basic(far.app.appKey), headers: { 'x-forwarded-for': '203.0.113.7' }, ...json(event) };
    expect((await send('/v1/track', spoofed)).status).toBe(403);
  });

  it('answers 429 with Retry-After above the limit of an app', async () => {
    const { apps } = server.platform.tenancy;
    const { app } = await apps.create(
      server.demo.tenantId,
      { name: 'Slow', kind: 'public', limits: { eventsPerSecond: 2 } },
      PLATFORM,
    );
    const batch = { batch: Array.from({ length: 3 }, () => ({ ...event, type: 'track' })) };
    const answer = await send('/v1/batch', { auth: basic(app.appKey), ...json(batch) });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });
});

describe('write API: what browsers need', () => {
  it('answers a preflight, wildcard of `rsa-*` included', async () => {
    const { status, headers } = await send('/v1/batch', {
      method: 'OPTIONS',
      auth: null,
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'anonymousid,rsa-extra',
      },
    });
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(headers.get('vary')).toContain('Origin');
    for (const name of ['authorization', 'content-type', 'anonymousid', 'sentat', 'x-write-key', 'rsa-extra'])
      expect(headers.get('access-control-allow-headers')).toContain(name);
  });

  it('lets a page read an error too', async () => {
    const { status, headers } = await send('/v1/track', {
      auth: null,
      headers: { origin: 'https://shop.example' },
      ...json(event),
    });
    expect(status).toBe(401);
    expect(headers.get('access-control-allow-origin')).toBe('https://shop.example');
  });

  it('serves the settings that the browser SDKs fetch first', async () => {
    const key = server.demo.public.appKey;
    const segment = await send(`/v1/projects/${key}/settings`, { method: 'GET', auth: null });
    expect(segment.body).toMatchObject({
      integrations: { 'Segment.io': { apiKey: key, apiHost: `${new URL(server.url).host}/v1`, protocol: 'http' } },
    });
    for (const path of ['/sourceConfig', '/sourceConfig/'])
      expect((await send(`${path}?writeKey=${key}&p=web`, { method: 'GET', auth: null })).body).toMatchObject({
        source: { writeKey: key, enabled: true, destinations: [] },
      });
    expect((await send('/v1/projects/nobody/settings', { method: 'GET', auth: null })).status).toBe(404);
  });
});

describe('write API: what is seen of it', () => {
  it('hands the correlation id back, made from the trace where there is one', async () => {
    const given = await send('/v1/track', { headers: { 'x-correlation-id': 'order-7' }, ...json(event) });
    expect(given.headers.get('x-correlation-id')).toBe('order-7');
    const trace = 'a'.repeat(32);
    const traced = await send('/v1/track', {
      headers: { traceparent: `00-${trace}-${'b'.repeat(16)}-01` },
      ...json(event),
    });
    expect(traced.headers.get('x-correlation-id')).toBe(trace);
    const injected = await send('/v1/track', { headers: { 'x-correlation-id': 'a b"c' }, ...json(event) });
    expect(injected.headers.get('x-correlation-id')).not.toBe('a b"c');
  });

  it('logs a failure with its ids, no success, and no secret', async () => {
    const before = server.logLines.length;
    await send('/v1/track', json(event));
    expect(server.logLines.slice(before)).toEqual([]);
    await send('/v1/track?writeKey=sneaky', { headers: { 'x-correlation-id': 'bad-1' }, ...json({ userId: 'u' }) });
    const line = server.logLines.slice(before).find((text) => text.includes('bad-1'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      correlationId: 'bad-1',
      status: 400,
      path: '/v1/track',
      tenantId: server.demo.tenantId,
      appId: expect.any(String),
    });
    const all = server.logLines.join('');
    expect(all).not.toContain(server.demo.server.secretKey);
    expect(all).not.toContain('sneaky');
  });

  it('counts what was accepted and what was refused', async () => {
    await send('/v1/track', json(event));
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(Number(/^cdp_ingest_events_accepted_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
    expect(metrics).toMatch(/cdp_ingest_events_rejected_total\{code="invalid"\} [1-9]/);
    expect(metrics).toContain('cdp_ingest_request_duration_seconds_count{status="200"}');
  });
});
