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

const PATH = '/api/v1/aggregates';
const SPENT = { name: 'spent', event: 'Order Completed', measure: 'sum', property: 'total', within: { last: '30d' } };
const DAY = 86_400_000;

const buy = (userId: string, total: number, daysAgo = 0) =>
  door.post('/v1/track', {
    userId,
    event: 'Order Completed',
    timestamp: new Date(Date.now() - daysAgo * DAY).toISOString(),
    properties: { total, phone: 4_917_012 },
  });

const profileOf = async (userId: string, good: (profile: { aggregates: object }) => boolean = () => true) =>
  (
    await eventually(
      () => api.get(`/api/v1/profiles?identifier=userId:${userId}`),
      ({ body }) => body.items?.length === 1 && good(body.items[0]),
    )
  ).body.items[0];

const shows = (aggregates: object) => (profile: { aggregates: object }) =>
  Object.entries(aggregates).every(([name, value]) => Object(profile.aggregates)[name] === value);

describe('aggregates', () => {
  it('are on profiles that were there before, stay right as events come, and can be asked by rules', async () => {
    await buy('ann', 40);
    await buy('ann', 25.5, 10);
    await buy('ann', 1000, 40);
    await profileOf('ann');
    const { id } = await profileOf('ann');
    await eventually(
      () => api.get(`/api/v1/profiles/${id}/events`),
      ({ body }) => body.items.length === 3,
    );
    const made = await api.post(PATH, SPENT);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...SPENT, version: 1, asOf: expect.any(String) });
    expect(made.headers.get('etag')).toBe('"1"');
    const before = (await api.get(`/api/v1/profiles/${id}`)).body;
    expect(before.aggregates).toEqual({ spent: 65.5 });
    expect(Date.parse(before.asOf)).toBeGreaterThan(Date.now() - DAY);

    await buy('ann', 34.5);
    await profileOf('ann', shows({ spent: 100 }));
    const rule = { aggregate: 'spent', op: 'gte', value: 100 };
    const preview = await eventually(
      () => api.post('/api/v1/segments/preview', { rule }),
      ({ body }) => body.count === 1,
    );
    expect(preview.body.sample).toMatchObject([{ id, aggregates: { spent: 100 } }]);
    expect((await api.post('/api/v1/profiles/search', { rule })).body.items).toMatchObject([{ id }]);
    expect((await api.get('/api/v1/profiles?q=ann')).body.items).toMatchObject([{ aggregates: { spent: 100 } }]);
  });

  it('are changed under If-Match with the segments that ask them, and stay while there are any', async () => {
    const { body: aggregate } = await api.post(PATH, { name: 'visits', event: 'Visited', measure: 'count' });
    const path = `${PATH}/${aggregate.id}`;
    for (const room of ['a', 'a', 'b'])
      await door.post('/v1/track', { userId: 'ben', event: 'Visited', properties: { room } });
    await profileOf('ben', shows({ visits: 3 }));
    const often = await api.post('/api/v1/segments', {
      name: 'Often',
      rule: { aggregate: 'visits', op: 'gte', value: 3 },
    });
    const nesting = await api.post('/api/v1/segments', { name: 'Nesting', rule: { segment: often.body.id } });
    const sizeOf = (size: number) =>
      Promise.all(
        [often, nesting].map(({ body: { id } }) =>
          eventually(
            () => api.get(`/api/v1/segments/${id}`),
            ({ body }) => body.state === 'ready' && body.size === size,
          ),
        ),
      );
    await sizeOf(1);

    const refused = await api.delete(path);
    expect(refused.status).toBe(409);
    expect(refused.body.errors.map((error: { path: string }) => error.path).toSorted()).toEqual(
      [often.body.id, nesting.body.id].toSorted(),
    );
    const renamed = await api.put(path, { name: 'calls', event: 'Visited', measure: 'count' });
    expect({ status: renamed.status, detail: renamed.body.detail }).toMatchObject({
      status: 409,
      detail: expect.stringMatching(/Often/),
    });

    const rooms = { name: 'visits', event: 'Visited', measure: 'unique', property: 'room' };
    expect((await api.put(path, rooms, { 'if-match': '"7"' })).status).toBe(412);
    expect((await api.put(path, rooms, { 'if-match': '"1"' })).body).toMatchObject({ ...rooms, version: 2 });
    await sizeOf(0);
    await profileOf('ben', shows({ visits: 2 }));
    await door.post('/v1/track', { userId: 'ben', event: 'Visited', properties: { room: 'c' } });
    await sizeOf(1);
    const why = await api.get(`/api/v1/segments/${often.body.id}/explain?profileId=${(await profileOf('ben')).id}`);
    expect(why.body).toMatchObject({ answer: true, seen: 3 });

    for (const { body } of [nesting, often]) expect((await api.delete(`/api/v1/segments/${body.id}`)).status).toBe(204);
    expect((await api.delete(path)).status).toBe(204);
    expect((await api.get(path)).status).toBe(404);
    const told = await api.get(`/api/v1/audit-log?resource=Aggregate&resourceId=${aggregate.id}`);
    expect(told.body.items.map(({ action }: { action: string }) => action).toSorted()).toEqual([
      'create',
      'delete',
      'update',
    ]);
    expect((await profileOf('ben')).aggregates).not.toHaveProperty('visits');
  });

  it('are refused with the path of each mistake, and under a name that is taken', async () => {
    const wrong = await api.post(PATH, {
      name: 'no spaces',
      event: '',
      measure: 'median',
      where: { all: [{ property: 'a', op: 'withinLast', value: '1d' }] },
      within: { last: 'a while' },
      colour: 'red',
    });
    expect(wrong.status).toBe(400);
    expect(wrong.body.errors.map((error: { path: string }) => error.path).toSorted()).toEqual([
      'colour',
      'event',
      'measure',
      'name',
      'where.all[0].op',
      'within.last',
    ]);
    expect((await api.post(PATH, SPENT)).status).toBe(409);
    const unknown = await api.post('/api/v1/segments/preview', { rule: { aggregate: 'spend', op: 'gt', value: 1 } });
    expect(unknown.body.errors).toEqual([{ path: 'rule.aggregate', message: 'There is no aggregate "spend".' }]);
  });

  it('are listed a page at a time', async () => {
    await api.post(PATH, { name: 'searches', event: 'Searched', measure: 'count' });
    const first = (await api.get(`${PATH}?limit=1`)).body;
    expect(first.items).toHaveLength(1);
    const second = (await api.get(`${PATH}?limit=1&cursor=${first.nextCursor}`)).body;
    expect(second.items[0].id).not.toBe(first.items[0].id);
  });

  it('are in messages, and a name that is none is an undefined variable', async () => {
    const { id } = await profileOf('ann');
    const content = {
      subject: 'You spent {{ profile.aggregates.spent }}',
      html: '<p>{{ profile.aggregates.spend }}</p>',
    };
    const template = await api.post('/api/v1/templates', { channel: 'email', name: 'Thanks', content });
    const preview = await api.post(`/api/v1/templates/${template.body.id}/preview`, { profileId: id });
    expect(preview.body.content).toMatchObject({ subject: 'You spent 100' });
    expect(preview.body.undefinedVariables).toContainEqual(
      expect.objectContaining({ field: 'html', name: 'profile.aggregates.spend' }),
    );
  });

  it('show analysts figures, but none that tells a personal value; and they change nothing', async () => {
    await api.post(PATH, { name: 'first_phone', event: 'Order Completed', measure: 'min', property: 'phone' });
    await api.post(PATH, { name: 'phones', event: 'Order Completed', measure: 'unique', property: 'phone' });
    const { id } = await profileOf('ann', shows({ first_phone: 4_917_012, phones: 1 }));
    const invited = await api.post('/api/v1/users', { email: 'mo@example.com', role: 'analyst' });
    const analyst = await Api.login(server, 'mo@example.com', invited.body.temporaryPassword);
    const seen = (await analyst.get(`/api/v1/profiles/${id}`)).body;
    expect(seen.aggregates).toMatchObject({ spent: 100, first_phone: '***', phones: 1 });
    expect((await analyst.get(PATH)).status).toBe(200);
    expect((await analyst.post(PATH, { ...SPENT, name: 'mine' })).status).toBe(403);
  });
});
