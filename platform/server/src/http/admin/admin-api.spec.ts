import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Api, eventually } from '../../testing/api-client.js';
import { startTestServer, type TestServer } from '../../testing/test-server.js';

let server: TestServer;
let api: Api;
let door: Api;
beforeAll(async () => {
  server = await startTestServer();
  api = await Api.owner(server);
  door = new Api(server.url, { authorization: server.serverAuth });
});
afterAll(() => server.dispose());

const profileOf = async (identifier: string) =>
  (
    await eventually(
      () => api.get(`/api/v1/profiles?identifier=${encodeURIComponent(identifier)}`),
      ({ body }) => body.items?.length === 1,
    )
  ).body.items[0];

const buy = (userId: string, total: number) =>
  door.post('/v1/track', { userId, event: 'Order Completed', properties: { total } });

describe('people', () => {
  it('come from events, with traits, timeline and status of each event', async () => {
    await door.post('/v1/identify', { userId: 'ada', traits: { email: 'ada@example.com', plan: 'pro' } });
    await door.post('/v1/track', { userId: 'ada', event: 'Paid', messageId: 'paid-1', properties: { total: 12 } });
    const status = await eventually(
      () => door.get('/v1/events/paid-1/status'),
      ({ body }) => body.state === 'processed',
    );
    const ada = await profileOf('userId:ada');
    expect(status.body).toMatchObject({ profileId: ada.id, name: 'Paid' });
    expect(ada.traits).toMatchObject({ email: 'ada@example.com', plan: 'pro' });
    expect(ada.identifiers).toContainEqual({ type: 'email', value: 'ada@example.com' });
    const timeline = await api.get(`/api/v1/profiles/${ada.id}/events?name=Paid`);
    expect(timeline.body.items).toMatchObject([{ messageId: 'paid-1', type: 'track', properties: { total: 12 } }]);
    const one = await api.get(`/api/v1/profiles/${ada.id}`);
    expect(one.headers.get('etag')).toBe(`"${one.body.version}"`);
    expect(one.headers.get('cache-control')).toBe('no-store');
  });

  it('count each message once, unless their tenant takes every message as it comes', async () => {
    const again = { userId: 'echo', event: 'Heard', messageId: 'heard-1' };
    const heard = async () => {
      const { id } = await profileOf('userId:echo');
      return (await api.get(`/api/v1/profiles/${id}/events?name=Heard`)).body.items.length;
    };
    for (let times = 0; times < 2; times++) await door.post('/v1/track', again);
    await door.post('/v1/track', { userId: 'echo', event: 'Over', messageId: 'over-1' });
    await eventually(
      () => door.get('/v1/events/over-1/status'),
      ({ body }) => body.state === 'processed',
    );
    expect(await heard()).toBe(1);
    expect((await api.patch('/api/v1/settings', { dedupe: { enabled: false, windowMs: 60_000 } })).status).toBe(200);
    await door.post('/v1/track', again);
    await eventually(heard, (count) => count === 2);
    await api.patch('/api/v1/settings', { dedupe: { enabled: true, windowMs: 86_400_000 } });
  });

  it('are found by text and by rule, a page at a time', async () => {
    for (const name of ['uma', 'ugo', 'una'])
      await door.post('/v1/identify', { userId: name, traits: { city: 'Ulm', nick: name } });
    const rule = { trait: 'city', op: 'eq', value: 'Ulm' };
    // People are read by name as soon as they are written, and found by what they are like a moment later.
    await eventually(
      () => api.post('/api/v1/profiles/search', { rule }),
      ({ body }) => body.items?.length === 3,
    );
    const first = await api.post('/api/v1/profiles/search', { rule, limit: 2 });
    expect(first.body.items).toHaveLength(2);
    const second = await api.post('/api/v1/profiles/search', { rule, limit: 2, cursor: first.body.nextCursor });
    expect(second.body.items).toHaveLength(1);
    expect(second.body.nextCursor).toBeNull();
    const found = await api.get('/api/v1/profiles?q=ugo');
    expect(found.body.items.map((one: { traits: { nick: string } }) => one.traits.nick)).toContain('ugo');
  });

  it('are merged, lead to their successor, are taken apart again, and erased with a receipt', async () => {
    await door.post('/v1/identify', { userId: 'twin-1', traits: { a: 1 } });
    await door.post('/v1/identify', { userId: 'twin-2', traits: { b: 2 } });
    const [one, two] = [await profileOf('userId:twin-1'), await profileOf('userId:twin-2')];
    for (const { id } of [one, two])
      await api.put(`/api/v1/profiles/${id}/consents`, {
        consents: [{ channel: 'email', status: id === one.id ? 'granted' : 'denied' }],
      });
    const saidBy = async (id: string) => [
      (await api.get(`/api/v1/profiles/${id}/consents`)).body.items.map((said: { status: string }) => said.status),
      (await api.get(`/api/v1/profiles/${id}`)).body.consents.map((said: { status: string }) => said.status),
    ];
    await eventually(
      () => saidBy(two.id),
      ([, shown]) => shown.length === 1,
    );
    const merge = await api.post(`/api/v1/profiles/${one.id}/merge`, { with: two.id });
    expect(merge.status).toBe(202);
    await eventually(
      () => api.get(merge.headers.get('location') ?? ''),
      ({ body }) => body.state === 'done',
    );
    const gone = await api.get(`/api/v1/profiles/${merge.body.loser}`);
    expect(gone.status).toBe(308);
    expect(gone.headers.get('location')).toBe(`/api/v1/profiles/${merge.body.winner}`);
    await eventually(
      () => saidBy(merge.body.winner),
      ([holds, shown]) => holds[0] === 'denied' && shown[0] === 'denied',
    );
    const unmerge = await api.post(`/api/v1/profiles/${merge.body.winner}/unmerge`, { mergeId: merge.body.id });
    expect(unmerge.status).toBe(202);
    await eventually(
      () => api.get(`/api/v1/profiles/${merge.body.loser}`),
      ({ status }) => status === 200,
    );
    for (const [id, word] of [
      [one.id, 'granted'],
      [two.id, 'denied'],
    ])
      await eventually(
        () => saidBy(id),
        ([holds, shown]) => holds.length === 1 && holds[0] === word && shown.length === 1 && shown[0] === word,
      );
    const erased = await api.delete(`/api/v1/profiles/${merge.body.loser}`);
    expect(erased.status).toBe(202);
    await eventually(
      () => api.get(`/api/v1/profiles/${merge.body.loser}`),
      ({ status }) => status === 404,
    );
    await eventually(
      () => api.get(erased.headers.get('location') ?? ''),
      ({ body }) => body.state === 'done',
    );
  });
});

describe('segments', () => {
  it('are previewed, built, live, explained, changed under If-Match and deleted', async () => {
    for (const [userId, total] of [
      ['s1', 60],
      ['s1', 70],
      ['s2', 10],
    ] as const)
      await buy(userId, total);
    const s1 = await profileOf('userId:s1');
    const rule = { event: 'Order Completed', sum: { property: 'total', op: 'gt', value: 100 } };
    await eventually(
      () => api.post('/api/v1/segments/preview', { rule }),
      ({ body }) => body.count === 1,
    );
    const made = await api.post('/api/v1/segments', { name: 'Spenders', rule });
    expect(made.status).toBe(201);
    const path = `/api/v1/segments/${made.body.id}`;
    await eventually(
      () => api.get(path),
      ({ body }) => body.state === 'ready' && body.size === 1,
    );
    await buy('s2', 200);
    const members = await eventually(
      () => api.get(`${path}/members`),
      ({ body }) => body.items.length === 2,
    );
    expect(members.body.items[0]).toEqual({ profileId: expect.any(String), since: expect.any(String) });
    const why = await api.get(`${path}/explain?profileId=${s1.id}`);
    expect(why.body).toMatchObject({ answer: true });
    expect((await api.get(`/api/v1/profiles/${s1.id}/segments`)).body.items).toMatchObject([
      { id: made.body.id, name: 'Spenders' },
    ]);
    const stale = await api.put(path, { name: 'Big spenders' }, { 'if-match': '"99"' });
    expect(stale.status).toBe(412);
    const { headers } = await api.get(path);
    expect(
      (await api.put(path, { name: 'Big spenders' }, { 'if-match': headers.get('etag') ?? '' })).body,
    ).toMatchObject({ name: 'Big spenders' });
    expect((await api.delete(path)).status).toBe(204);
    expect((await api.get(path)).status).toBe(404);
  });

  it('follow their tenant into another time zone', async () => {
    // Half past two in the night of the first in Berlin; in New York it is still the day before.
    await door.post('/v1/identify', { userId: 'owl', traits: { joined: '2026-03-01T01:30:00Z' } });
    const { id } = await profileOf('userId:owl');
    await api.patch('/api/v1/settings', { timezone: 'Europe/Berlin' });
    const rule = { trait: 'joined', op: 'onDay', value: '2026-03-01' };
    const made = await api.post('/api/v1/segments', { name: 'Joined in March', rule });
    const size = (wanted: number) =>
      eventually(
        () => api.get(`/api/v1/segments/${made.body.id}`),
        ({ body }) => body.state === 'ready' && body.size === wanted,
      );
    await size(1);
    await api.patch('/api/v1/settings', { timezone: 'America/New_York' });
    await size(0);
    expect((await api.get(`/api/v1/profiles/${id}/segments`)).body.items).toEqual([]);
    await api.delete(`/api/v1/segments/${made.body.id}`);
    await api.patch('/api/v1/settings', { timezone: 'UTC' });
  });

  it('name the path of a mistake in a rule, and a field that is not known', async () => {
    const wrong = await api.post('/api/v1/segments/preview', {
      rule: { all: [{ trait: 'a', op: 'equals', value: 1 }] },
    });
    expect(wrong.status).toBe(400);
    expect(wrong.body.errors[0].path).toContain('all');
    const unknown = await api.post('/api/v1/segments', { name: 'x', rule: { all: [] }, colour: 'red' });
    expect(unknown.body.errors).toContainEqual({ path: 'colour', message: expect.any(String) });
  });
});

describe('what came in and what did not', () => {
  it('is tailed live', async () => {
    const stop = new AbortController();
    const login = await new Api(server.url).post('/api/v1/auth/login', {
      email: server.demo.owner.email,
      password: server.demo.owner.password,
    });
    const response = await fetch(`${server.url}/api/v1/events/live`, {
      headers: { authorization: `Bearer ${login.body.accessToken}` },
      signal: stop.signal,
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    await door.post('/v1/track', { userId: 'tail', event: 'Seen Live' });
    let text = '';
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      if (text.includes('Seen Live')) break;
    }
    expect(text).toContain('event: call');
    stop.abort();
  });

  it('is listed when it was refused', async () => {
    await door.post('/v1/track', { userId: 'x', messageId: 'bad-9' });
    const refused = await eventually(
      () => api.get('/api/v1/events/rejected'),
      ({ body }) => body.items.length > 0,
    );
    expect(refused.body.items[0]).toMatchObject({ messageId: 'bad-9', code: 'invalid', path: 'event' });
    expect((await door.get('/v1/events/bad-9/status')).body).toMatchObject({ state: 'rejected', code: 'invalid' });
  });

  it('is imported from a CSV file, whichever field comes first, with the refused rows to look at', async () => {
    const csv = 'id,when,total\nc1,2026-01-02,10\n,2026-01-03,11\nc2,2026-01-04,12\n';
    const mapping = JSON.stringify({
      type: 'track',
      event: 'Bought',
      userId: 'id',
      timestamp: { column: 'when' },
      properties: { total: { column: 'total', type: 'number' } },
    });
    for (const order of ['mapping first', 'file first']) {
      const form = new FormData();
      if (order === 'mapping first') form.set('mapping', mapping);
      form.set('file', new Blob([csv], { type: 'text/csv' }), 'orders.csv');
      if (order === 'file first') form.set('mapping', mapping);
      const response = await fetch(`${server.url}/v1/bulk/import`, {
        method: 'POST',
        headers: { authorization: server.serverAuth },
        body: form,
      });
      expect(response.status).toBe(202);
      const { id } = (await response.json()) as { id: string };
      const done = await eventually(
        () => door.get(`/v1/bulk/import/${id}`),
        ({ body }) => body.state === 'completed',
      );
      expect(done.body).toMatchObject({ rows: 3, accepted: 2, rejected: 1 });
      expect((await door.get(`/v1/bulk/import/${id}/rejected`)).body).toMatchObject({ row: 2 });
      expect((await api.get(`/api/v1/imports/${id}`)).body).toMatchObject({ id, accepted: 2 });
    }
    expect((await api.get('/api/v1/imports')).body.items).toHaveLength(2);
  });

  it('refuses an import with mistakes before anything is kept', async () => {
    const form = new FormData();
    form.set('mapping', '{"type":"dance"}');
    form.set('file', new Blob(['a\n1\n']), 'x.csv');
    const refused = await fetch(`${server.url}/v1/bulk/import`, {
      method: 'POST',
      headers: { authorization: server.serverAuth },
      body: form,
    });
    expect(refused.status).toBe(400);
    const broken = await fetch(`${server.url}/v1/bulk/import`, {
      method: 'POST',
      headers: { authorization: server.serverAuth, 'content-type': 'multipart/form-data; boundary=x' },
      body: '--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b\r\n1,2',
    });
    expect(broken.status).toBe(400);
    const open = await fetch(`${server.url}/v1/bulk/import`, {
      method: 'POST',
      headers: { 'x-write-key': server.demo.public.appKey },
      body: form,
    });
    expect(open.status).toBe(403);
  });
});

describe('consent', () => {
  it('keeps policies, what people said, and suppressed addresses', async () => {
    expect((await api.put('/api/v1/consent-policies', { channel: 'sms', mode: 'opt_in' })).status).toBe(200);
    expect((await api.get('/api/v1/consent-policies')).body.items).toContainEqual({
      channel: 'sms',
      topic: '',
      mode: 'opt_in',
    });
    await door.post('/v1/identify', { userId: 'con', traits: { a: 1 } });
    const { id } = await profileOf('userId:con');
    const said = await api.put(`/api/v1/profiles/${id}/consents`, {
      consents: [{ channel: 'sms', status: 'granted' }],
    });
    expect(said.body.items).toMatchObject([{ channel: 'sms', status: 'granted' }]);
    await eventually(
      () => api.get(`/api/v1/profiles/${id}`),
      ({ body }) => body.consents.length === 1,
    );
    expect((await api.post('/api/v1/suppressions', { channel: 'email', address: 'Gone@Example.com' })).status).toBe(
      201,
    );
    expect((await api.get('/api/v1/suppressions?channel=email')).body.items).toHaveLength(1);
    expect((await api.delete('/api/v1/suppressions?channel=email&address=gone@example.com')).status).toBe(204);
    expect((await api.delete('/api/v1/suppressions?channel=email&address=gone@example.com')).status).toBe(404);
  });
});

describe('roles', () => {
  it('show analysts masked personal data, and let them change nothing', async () => {
    const invited = await api.post('/api/v1/users', { email: 'ann@example.com', role: 'analyst' });
    const analyst = await Api.login(server, 'ann@example.com', invited.body.temporaryPassword);
    await door.post('/v1/identify', { userId: 'mia', traits: { email: 'mia@example.com', plan: 'pro' } });
    const { id } = await profileOf('userId:mia');
    const seen = await analyst.get(`/api/v1/profiles/${id}`);
    expect(JSON.stringify(seen.body)).not.toContain('mia@example.com');
    expect(seen.body.traits.plan).toBe('pro');
    expect((await analyst.post('/api/v1/segments', { name: 'x', rule: { all: [] } })).status).toBe(403);
    expect((await analyst.get('/api/v1/suppressions')).status).toBe(403);
    const preview = await analyst.post('/api/v1/segments/preview', { rule: { trait: 'plan', op: 'eq', value: 'pro' } });
    expect(JSON.stringify(preview.body)).not.toContain('mia@example.com');
  });

  it('do each write with an Idempotency-Key once', async () => {
    const key = { 'idempotency-key': 'seg-1' };
    const body = { name: 'Once', rule: { all: [] } };
    const [first, second] = [
      await api.post('/api/v1/segments', body, key),
      await api.post('/api/v1/segments', body, key),
    ];
    expect(second.body.id).toBe(first.body.id);
    expect((await api.post('/api/v1/segments', { ...body, name: 'Other' }, key)).status).toBe(409);
  });
});
