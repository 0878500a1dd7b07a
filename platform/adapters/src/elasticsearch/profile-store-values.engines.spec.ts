import type { Json } from '@cdp/core/kernel';
import type { ProfileDocument } from '@cdp/core/profile';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Elastic } from './elastic.js';
import { ElasticProfileStore } from './elastic-profile-store.js';
import { type ElasticHome, elasticHome } from './testing/index.js';

let home: ElasticHome;
let elastic: Elastic;
let store: ElasticProfileStore;

beforeAll(async () => {
  home = await elasticHome();
  elastic = home.open();
  store = new ElasticProfileStore(elastic, { partitionOf: (id) => id.length });
});
afterAll(() => home.remove());

const document = (id: string, version: number, more: Partial<ProfileDocument> = {}): ProfileDocument => ({
  tenantId: 'acme',
  id,
  version,
  state: 'active',
  identifiers: [],
  traits: {},
  devices: [],
  consents: [],
  firstSeenAt: 1,
  lastSeenAt: 2,
  aggregates: {},
  memberships: {},
  ...more,
});

describe('ElasticProfileStore', () => {
  it('keeps deep, long and many values', async () => {
    let deep: Json = 'bottom';
    for (let level = 0; level < 1_500; level++) deep = level % 2 === 0 ? [deep] : { down: deep };
    const traits = Object.fromEntries([
      ['deep', { value: deep, at: 1 }],
      ['long', { value: 'ü'.repeat(2_000_000), at: 1 }],
      ...Array.from({ length: 5_000 }, (_, index) => [`trait ${index}`, { value: `${index}`, at: index }]),
    ]);
    await store.putMany('acme', [document('deep', 1, { traits })]);
    expect((await store.get('acme', 'deep'))?.traits).toEqual(traits);
  });

  it('adds no field to the index, whatever traits there are', async () => {
    const fields = async () => {
      const index = elastic.index('profiles_v1');
      const all = await elastic.work((client, bounds) => client.indices.getMapping({ index }, bounds));
      return all[index]?.mappings.properties;
    };
    const before = await fields();
    await store.putMany(
      'acme',
      Array.from({ length: 50 }, (_, number) =>
        document(`fields-${number}`, 1, {
          traits: { [`trait-${number}`]: { value: number % 2 === 0 ? number : { text: `${number}` }, at: 1 } },
        }),
      ),
    );
    expect(await fields()).toEqual(before);
  });

  it('stores the newest of several versions in one call', async () => {
    expect(await store.putMany('acme', [document('same', 1), document('same', 3), document('same', 2)])).toEqual([
      'same',
    ]);
    expect((await store.get('acme', 'same'))?.version).toBe(3);
  });

  it('refuses ids that cannot be kept, before anything is written', async () => {
    for (const id of ['', '\ud800', 'x'.repeat(1_025), 'ä'.repeat(513)])
      await expect(store.putMany('acme', [document('fine', 1), document(id, 1)])).rejects.toMatchObject({
        code: 'invalid',
      });
    expect(await store.get('acme', 'fine')).toBeUndefined();
    const longest = 'ä'.repeat(512);
    expect(await store.putMany('acme', [document(longest, 1)])).toEqual([]);
    expect((await store.get('acme', longest))?.id).toBe(longest);
  });

  it('reads and walks over thousands of documents', async () => {
    const ids = Array.from({ length: 2_300 }, (_, number) => `many-${String(number).padStart(5, '0')}`);
    const all = ids.map((id) => document(id, 1, { tenantId: 'many' }));
    expect(await store.putMany('many', all)).toEqual([]);
    expect((await store.getMany('many', ids)).map((found) => found?.id)).toEqual(ids);
    expect((await store.scan('many', undefined, 5_000)).map(({ id }) => id)).toEqual(ids);
    expect((await store.scan('many', ids[1_999], 5_000)).map(({ id }) => id)).toEqual(ids.slice(2_000));
    await store.deleteTenant('many');
    expect((await store.getMany('many', ids)).filter(Boolean)).toEqual([]);
    const newer = ids.slice(0, 3).map((id) => document(id, 2, { tenantId: 'many' }));
    expect(await store.putMany('many', newer)).toEqual([]);
  });

  it('leaves nothing of a profile in the index when it is erased', async () => {
    const identifiers = [{ type: 'email' as const, value: 'zoe-who-was-here@example.com' }];
    await store.putMany('acme', [document('gone', 1, { identifiers })]);
    await store.erase('acme', 'gone', 2);
    await elastic.work((client, bounds) => client.indices.refresh({ index: elastic.index('profiles_v1') }, bounds));
    const { hits } = await elastic.work((client, bounds) =>
      client.search({ index: elastic.index('profiles_v1'), query: { term: { profileId: 'gone' } } }, bounds),
    );
    expect(hits.hits).toHaveLength(1);
    expect(JSON.stringify(hits)).not.toContain('zoe-who-was-here');
  });
});
