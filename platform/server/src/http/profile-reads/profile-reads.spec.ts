import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Api, eventually } from '../../testing/api-client.js';
import { startTestServer, type TestServer } from '../../testing/test-server.js';

let server: TestServer;
let owner: Api;
let door: Api;
beforeAll(async () => {
  server = await startTestServer();
  owner = await Api.owner(server);
  door = new Api(server.url, { authorization: server.serverAuth });
});
afterAll(() => server.dispose());

const pathOf = (identifier: string) => `/api/v1/profiles?identifier=${encodeURIComponent(identifier)}`;
const idOf = async (identifier: string): Promise<string | undefined> =>
  (await owner.get(pathOf(identifier))).body.items[0]?.id;

async function made(userId: string, traits: object = {}): Promise<string> {
  await door.post('/v1/identify', { userId, traits });
  return (await eventually(() => idOf(`userId:${userId}`), Boolean)) as string;
}

const done = (receipt: { headers: Headers }) =>
  eventually(
    () => owner.get(receipt.headers.get('location') ?? ''),
    ({ body }) => body.state === 'done',
  );

describe('a read of a person', () => {
  it('finds the person by each identifier, whatever its writing, and nobody by one that is not known', async () => {
    const id = await made('ann', { email: 'Ann@Example.com' });
    expect(await idOf('email: ann@example.COM')).toBe(id);
    expect((await owner.get(pathOf('userId:nobody'))).body).toEqual({ items: [], nextCursor: null });
    const listed = (await owner.get(pathOf('userId:ann'))).body.items[0];
    expect((await owner.get(`/api/v1/profiles/${id}`)).body).toEqual({ ...listed, asOf: expect.any(String) });
  });

  it('is for those who are logged in, until their login ends', async () => {
    const path = pathOf('userId:ann');
    const stranger = await new Api(server.url).get(path);
    expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(stranger.body).toMatchObject({ code: 'unauthenticated', correlationId: expect.any(String) });
    const guest = await Api.owner(server);
    expect((await guest.get(path)).status).toBe(200);
    await guest.post('/api/v1/auth/logout');
    expect((await guest.get(path)).status).toBe(401);
  });

  it('is of the tenant of the one who asks', async () => {
    const id = await made('kept-here');
    const elsewhere = { 'x-tenant-id': 'another' };
    expect((await owner.get(pathOf('userId:kept-here'), elsewhere)).status).toBe(403);
    expect((await owner.get(`/api/v1/profiles/${id}`, elsewhere)).status).toBe(403);
  });

  it('masks what is personal for who may not see it', async () => {
    const { body } = await owner.post('/api/v1/users', { email: 'eye@demo.example', role: 'analyst' });
    const analyst = await Api.login(server, 'eye@demo.example', body.temporaryPassword);
    const id = await made('bob', { email: 'bob@example.com', plan: 'pro' });
    for (const seen of [
      (await analyst.get(pathOf('email:bob@example.com'))).body.items[0],
      (await analyst.get(`/api/v1/profiles/${id}`)).body,
    ]) {
      expect(seen.traits).toEqual({ email: '***', plan: 'pro' });
      expect(JSON.stringify(seen)).not.toContain('bob@example.com');
    }
  });

  it.each([
    [pathOf('nocolon'), 'identifier'],
    [pathOf('shoe:42'), 'identifier'],
    [`${pathOf('userId:a')}&${'identifier=userId:b'}`, 'identifier'],
    ['/api/v1/profiles?limit=0', 'limit'],
  ])('says what is wrong with %s', async (path, field) => {
    const { status, body } = await owner.get(path);
    expect([status, body.errors[0].path]).toEqual([400, field]);
  });

  it('leaves a line that says who asked, and its time in the metrics', async () => {
    await owner.get(pathOf('userId:ann'), { 'x-correlation-id': 'read-1' });
    const line = server.logLines
      .map((text) => JSON.parse(text))
      .find(({ correlationId }) => correlationId === 'read-1');
    expect(line).toMatchObject({ tenantId: server.demo.tenantId, userId: expect.any(String), status: 200 });
    expect(line.path).toBe('/api/v1/profiles');
    const count =
      /cdp_http_request_duration_seconds_count\{method="GET",route="\/api\/v1\/profiles",status="200"\} \d+/;
    expect((await owner.get('/metrics')).body).toMatch(count);
  });
});

describe('an identifier that was read before', () => {
  it('leads to the person who has it now: after a merge, after its undoing, after an erasure', async () => {
    const [first, second] = [await made('twin-1'), await made('twin-2')];
    const merge = await owner.post(`/api/v1/profiles/${first}/merge`, { with: second });
    await done(merge);
    expect([await idOf('userId:twin-1'), await idOf('userId:twin-2')]).toEqual([first, first]);

    await done(await owner.post(`/api/v1/profiles/${first}/unmerge`, { mergeId: merge.body.id }));
    expect([await idOf('userId:twin-1'), await idOf('userId:twin-2')]).toEqual([first, second]);

    await done(await owner.delete(`/api/v1/profiles/${second}`));
    expect(await idOf('userId:twin-2')).toBeUndefined();
    const again = await made('twin-2');
    expect(again).not.toBe(second);
    expect(await idOf('userId:twin-2')).toBe(again);
  });
});
