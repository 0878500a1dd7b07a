import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { engineAddress } from '../testing/index.js';
import { ElasticEventStore } from './elastic-event-store.js';
import { ElasticProfileStore } from './elastic-profile-store.js';
import { openElastic } from './open-elastic.js';
import { type ElasticHome, elasticHome, type Trouble, troubleBefore } from './testing/index.js';

const address = engineAddress('CDP_ELASTICSEARCH_URL');
const AWAY = { code: 'unavailable', retryAfter: expect.any(Number) };
const ID = '0199c000-0000-7000-8000-000000000001';

let home: ElasticHome;
let trouble: Trouble;

beforeAll(async () => {
  home = await elasticHome();
  trouble = await troubleBefore(address);
});
afterEach(() => {
  trouble.happen = () => undefined;
});
afterAll(async () => {
  await trouble.remove();
  await home.remove();
});

const profilesAt = (url: string | string[], more: object = {}) =>
  new ElasticProfileStore(home.open({ url, ...more }), { partitionOf: () => 0 });

describe('openElastic', () => {
  it('refuses addresses that are none, without repeating what may be a password', () => {
    for (const url of ['localhost:9200', 'ftp://user:secret@host', '', 'http://']) {
      expect(() => openElastic({ url })).toThrow(/url/);
      expect(() => openElastic({ url })).not.toThrow(/secret/);
    }
    expect(() => openElastic({ url: [] })).toThrow(/url/);
  });

  it('says so when nobody is at the address, and goes on when somebody comes', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    await expect(profilesAt(`http://127.0.0.1:${port}`).get('acme', 'a')).rejects.toMatchObject(AWAY);
    // Of several, one is enough.
    const both = profilesAt([`http://127.0.0.1:${port}`, address]);
    for (let times = 0; times < 4; times++) expect(await both.get('acme', 'a')).toBeUndefined();
  });

  it('does not wait longer than it may for a server that is silent', async () => {
    trouble.happen = () => ({ kind: 'silence' });
    const profiles = profilesAt(trouble.url, { answerTimeoutMs: 50, workTimeoutMs: 100 });
    await expect(profiles.get('acme', 'a')).rejects.toMatchObject(AWAY);
    await expect(profiles.scan('acme', undefined, 1)).rejects.toMatchObject(AWAY);
    trouble.happen = () => undefined;
    expect(await profilesAt(trouble.url).get('acme', 'a')).toBeUndefined();
  });

  it('tries another connection when one that was kept is closed', async () => {
    let came = 0;
    trouble.happen = () => (came++ % 3 === 0 ? { kind: 'lose' } : undefined);
    const profiles = profilesAt(trouble.url);
    for (let times = 0; times < 5; times++) expect(await profiles.get('acme', 'a')).toBeUndefined();
  });

  it.each([429, 502, 503, 504, 401, 403])('is away for its callers when the answer is %d', async (status) => {
    trouble.happen = () => ({ kind: 'answer', status, body: { error: { type: 'some_exception' } } });
    const elastic = home.open({ url: trouble.url });
    await expect(profilesAt(trouble.url).getMany('acme', ['a'])).rejects.toMatchObject(AWAY);
    await expect(new ElasticEventStore(elastic).timeline('acme', ID, { limit: 1 })).rejects.toMatchObject(AWAY);
  });

  it('takes an answer without some of the shards for none', async () => {
    trouble.happen = (_method, path) => {
      expect(path.includes('_search') ? path : 'allow_partial_search_results=false').toContain(
        'allow_partial_search_results=false',
      );
      return undefined;
    };
    const events = new ElasticEventStore(home.open({ url: trouble.url }));
    expect((await events.timeline('acme', ID, { limit: 1 })).items).toEqual([]);
    expect(await events.countByName('acme', 1)).toEqual([]);
    expect((await events.history('acme', [{ profileId: ID, eventNames: ['a'], since: 0 }])).size).toBe(0);
  });

  it('keeps credentials out of its errors', async () => {
    const withSecret = address.replace('://', '://elastic:hunter2@');
    trouble.happen = () => ({ kind: 'answer', status: 401, body: { error: { type: 'security_exception' } } });
    for (const url of [withSecret.replace(address.split('//')[1] as string, trouble.url.split('//')[1] as string)]) {
      const failure = await profilesAt(url)
        .get('acme', 'a')
        .catch((error: Error) => error);
      expect(failure).toMatchObject(AWAY);
      expect(`${JSON.stringify(failure)} ${(failure as Error).stack} ${(failure as Error).cause}`).not.toContain(
        'hunter2',
      );
    }
  });

  it('says which command is missing where the indices are', async () => {
    const bare = await elasticHome(address, { apply: false });
    const elastic = bare.open();
    const event = { profileId: ID, messageId: 'm', type: 'track' as const, name: 'A', timestamp: 1, receivedAt: 1 };
    const missing = { ...AWAY, message: expect.stringContaining('cdp migrate') };
    await expect(
      new ElasticProfileStore(elastic, { partitionOf: () => 0 }).scan('acme', undefined, 1),
    ).rejects.toMatchObject(missing);
    await expect(
      new ElasticEventStore(elastic).append(
        new Map([['acme', [{ ...event, properties: {}, context: {}, source: 'x' }]]]),
        { partition: 0, next: 1 },
      ),
    ).rejects.toMatchObject(missing);
    await bare.remove();
  });

  it('ends what is under way when it is closed', async () => {
    trouble.happen = () => ({ kind: 'silence' });
    const elastic = home.open({ url: trouble.url });
    const reading = new ElasticProfileStore(elastic, { partitionOf: () => 0 }).get('acme', 'a');
    await Promise.all([expect(reading).rejects.toMatchObject(AWAY), elastic.close()]);
    await expect(elastic.bulk.write([{ action: 'delete', index: 'x', id: 'y' }])).rejects.toMatchObject(AWAY);
  });
});
