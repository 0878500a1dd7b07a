import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Api, eventually } from '../testing/api-client.js';
import { startTestServer, type TestServer } from '../testing/test-server.js';

let server: TestServer;
let api: Api;
beforeAll(async () => {
  server = await startTestServer({ env: { CDP_DEMO: '1' } });
  api = await Api.owner(server);
});
afterAll(() => server.dispose());

describe('the demo', () => {
  it('has people, events, segments that somebody is in, and something to send by', async () => {
    await eventually(
      () => api.post('/api/v1/segments/preview', { rule: { all: [] } }),
      ({ body }) => body.total === 120,
    );
    const segments = await eventually(
      () => api.get('/api/v1/segments'),
      ({ body }) =>
        body.items.length === 3 &&
        body.items.every(({ state, size }: { state: string; size: number }) => state === 'ready' && size > 0),
    );
    expect(segments.body.items.map(({ name }: { name: string }) => name)).toContain('Bought at least twice');
    const rule = { aggregate: 'spent_30d', op: 'gt', value: 0 };
    const spent = await api.post('/api/v1/segments/preview', { rule });
    expect(spent.body.sample[0].aggregates).toMatchObject({ last_order: expect.stringMatching(/^20/) });
    expect((await api.get('/api/v1/events/names')).body.items.map(({ name }: { name: string }) => name)).toContain(
      'Order Completed',
    );
    expect((await api.get('/api/v1/events/rejected')).body.items).toEqual([]);
    const [channel] = (await api.get('/api/v1/channels')).body.items;
    expect((await api.post(`/api/v1/channels/${channel.id}/test`)).body.ok).toBe(true);
    const [template] = (await api.get('/api/v1/templates')).body.items;
    const [person] = (await api.get('/api/v1/profiles?identifier=userId:customer-1')).body.items;
    const preview = await api.post(`/api/v1/templates/${template.id}/preview`, { profileId: person.id });
    expect(preview.body).toMatchObject({
      content: { subject: `${person.traits.firstName}, there is something new` },
      undefinedVariables: [],
    });
  });
});
