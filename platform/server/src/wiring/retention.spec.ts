import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ManualClock } from '@cdp/core/kernel';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Api, eventually } from '../testing/api-client.js';
import { startTestServer, type TestServer } from '../testing/test-server.js';

const DAY = 86_400_000;

let server: TestServer;
let clock: ManualClock;
beforeEach(async () => {
  clock = new ManualClock(Date.now());
  server = await startTestServer({ clock, env: { CDP_REJECTED_RETENTION: '10d', CDP_IMPORT_RETENTION: '20d' } });
});
afterEach(() => server.dispose());

describe('what is kept for a time', () => {
  it('is there until its time is over, and then its rows and files are gone', async () => {
    const door = new Api(server.url, { authorization: server.serverAuth });
    await door.post('/v1/batch', {
      batch: [
        { type: 'track', userId: 'u' },
        { type: 'identify', userId: 'u' },
      ],
    });
    const form = new FormData();
    form.set('file', new Blob(['{"userId":"a","event":"Ordered"}\n{"event":1}\n']), 'rows.ndjson');
    const uploaded = await fetch(`${server.url}/v1/bulk/import`, {
      method: 'POST',
      headers: { authorization: server.serverAuth },
      body: form,
    });
    const { id } = (await uploaded.json()) as { id: string };
    const job = await eventually(
      () => door.get(`/v1/bulk/import/${id}`),
      ({ body }) => body.state === 'completed',
    );
    expect(job.body).toMatchObject({ accepted: 1, rejected: 1 });
    const refused = async () => (await (await Api.owner(server)).get('/api/v1/events/rejected')).body.items.length;
    await eventually(refused, (count) => count === 1);
    const files = async () =>
      (await readdir(join(server.dir, 'files'), { recursive: true })).filter((f) => f.includes(id));

    clock.advance(9 * DAY);
    await server.platform.retention.run();
    expect(await refused()).toBe(1);
    clock.advance(2 * DAY);
    await server.platform.retention.run();
    expect(await refused()).toBe(0);
    expect(await files()).toHaveLength(1);
    expect((await door.get(`/v1/bulk/import/${id}`)).status).toBe(200);
    clock.advance(10 * DAY);
    await server.platform.retention.run();
    expect(await files()).toEqual([]);
    expect((await door.get(`/v1/bulk/import/${id}`)).status).toBe(404);
  });
});
