import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ProfileDocument } from './profile-document.js';
import type { ProfileStore } from './profile-store.js';

/** A place where the documents of one store live: opened, closed and opened again it is the same store. */
export interface ProfileStoreHome {
  open(): Promise<ProfileStore>;
  remove(): Promise<void>;
}

const document = (id: string, version: number, more: Partial<ProfileDocument> = {}): ProfileDocument => ({
  tenantId: 'acme',
  id,
  version,
  state: 'active',
  identifiers: [{ type: 'userId', value: `user-${id}` }],
  traits: { plan: { value: 'pro', at: 1 } },
  devices: [],
  consents: [],
  firstSeenAt: 1_000,
  lastSeenAt: 2_000,
  aggregates: {},
  memberships: {},
  ...more,
});

/** Everything a document can hold, with the keys and the strings that break careless encodings. */
const FULL: ProfileDocument = document('full', 9_007_199_254_740_991, {
  identifiers: [
    { type: 'email', value: 'zoë@exämple.com' },
    { type: 'custom', value: '\ud800 alone, \u0000, \u{1F600}' },
  ],
  traits: JSON.parse(
    '{"__proto__":{"value":{"__proto__":{"polluted":true},"constructor":1},"at":3},"constructor":{"value":null,"at":4},' +
      '"":{"value":[1,-0.5,1e300,"\\ud83d",[[]],{}],"at":5},"toString":{"value":true,"at":6},"a.b/c\\u0000d":{"value":"x","at":7}}',
  ),
  devices: [{ token: 't', platform: 'ios', registeredAt: 1, lastSeenAt: 2, name: 'phone' }],
  consents: [{ channel: 'email', purpose: 'news', status: 'granted', at: 3 }],
  aggregates: {
    'count/Bought': { times: [1, 2, 3], values: [1.5, 'x', [2, 3]], buckets: [{ first: 1, last: 2, count: 2 }] },
    __proto__x: { times: [] },
  },
  memberships: {
    'segment-1': { version: 3, member: true, since: 1_760_000_000_000 },
    'segment-2': { version: 1, member: false, since: 5 },
  },
  nextDueAt: 1_770_000_000_000,
});

export function describeProfileStoreContract(name: string, makeHome: () => Promise<ProfileStoreHome>): void {
  describe(`ProfileStore contract: ${name}`, () => {
    let home: ProfileStoreHome;
    let store: ProfileStore;

    beforeEach(async () => {
      home = await makeHome();
      store = await home.open();
    });
    afterEach(async () => {
      await store.close();
      await home.remove();
    });

    it('gives a document back as it was put, whatever is in it', async () => {
      expect(await store.putMany('acme', [FULL])).toEqual([]);
      const read = (await store.get('acme', 'full')) as ProfileDocument;
      expect(read).toEqual(FULL);
      expect(Object.keys(read.traits)).toEqual(Object.keys(FULL.traits));
      expect(Object.getPrototypeOf(read.traits)).toBe(Object.prototype);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    });

    it('gives any traits back', async () => {
      let version = 1;
      await fc.assert(
        fc.asyncProperty(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), async (values) => {
          const traits = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, at: 1 }]));
          const plain = JSON.parse(JSON.stringify(traits));
          await store.putMany('acme', [document('any', version++, { traits: plain })]);
          expect((await store.get('acme', 'any'))?.traits).toEqual(plain);
        }),
        { numRuns: 50 },
      );
    });

    it('keeps documents of hundreds of kilobytes', async () => {
      const traits = { long: { value: 'ä'.repeat(200_000), at: 1 } };
      await store.putMany('acme', [document('long', 1, { traits })]);
      expect((await store.get('acme', 'long'))?.traits).toEqual(traits);
    });

    it('answers many in the order of the ids, with nothing for those that are not there', async () => {
      await store.putMany('acme', [document('a', 1), document('b', 1)]);
      const read = await store.getMany('acme', ['b', 'nobody', 'a', 'b']);
      expect(read.map((found) => found?.id)).toEqual(['b', undefined, 'a', 'b']);
      expect(await store.getMany('acme', [])).toEqual([]);
    });

    it('answers nothing for ids that nobody can have', async () => {
      for (const id of ['', 'x'.repeat(5_000), '\ud800', '__proto__', '\u0000'])
        expect(await store.get('acme', id)).toBeUndefined();
    });

    it('replaces a document only by one of a greater version, and says which were not', async () => {
      await store.putMany('acme', [document('a', 5), document('b', 5)]);
      expect(
        await store.putMany('acme', [
          document('a', 5, { lastSeenAt: 9 }),
          document('b', 6, { lastSeenAt: 9 }),
          document('c', 1),
        ]),
      ).toEqual(['a']);
      expect(await store.putMany('acme', [document('a', 4)])).toEqual(['a']);
      const read = await store.getMany('acme', ['a', 'b', 'c']);
      expect(read.map((found) => [found?.version, found?.lastSeenAt])).toEqual([
        [5, 2_000],
        [6, 9],
        [1, 2_000],
      ]);
    });

    it('ends with the greatest version of concurrent puts', async () => {
      const versions = [3, 9, 1, 7, 10, 2, 8, 4, 6, 5];
      const refused = await Promise.all(versions.map((version) => store.putMany('acme', [document('a', version)])));
      expect((await store.get('acme', 'a'))?.version).toBe(10);
      expect(refused[versions.indexOf(10)]).toEqual([]);
      expect(await store.putMany('acme', [document('a', 10)])).toEqual(['a']);
    });

    it('changes nothing when the same puts come again', async () => {
      const all = [document('a', 1), document('a', 2, { lastSeenAt: 7 }), document('b', 3)];
      for (const one of all) await store.putMany('acme', [one]);
      for (const one of all) expect(await store.putMany('acme', [one])).toEqual([one.id]);
      expect((await store.get('acme', 'a'))?.lastSeenAt).toBe(7);
    });

    it('keeps what was put after it was closed and opened', async () => {
      await store.putMany('acme', [FULL, document('a', 2)]);
      await store.close();
      store = await home.open();
      expect(await store.get('acme', 'full')).toEqual(FULL);
      expect(await store.putMany('acme', [document('a', 2)])).toEqual(['a']);
    });

    it('shows a tenant its own documents alone, whatever the names', async () => {
      const tenants = ['acme', 'acme2', 'acm', 'acme/x', 'acme\u0000x', 'ACME'];
      const ids = ['e', 'x', '2', '/x', 'x/e', '\u0000x', '2/e'];
      for (const tenantId of tenants)
        await store.putMany(
          tenantId,
          ids.map((id) => document(id, 1, { tenantId, traits: { mine: { value: tenantId, at: 1 } } })),
        );
      for (const tenantId of tenants) {
        const own = [...(await store.getMany(tenantId, ids)), ...(await store.scan(tenantId, undefined, 100))];
        expect(own.length).toBe(ids.length * 2);
        for (const found of own) expect(found).toMatchObject({ tenantId, traits: { mine: { value: tenantId } } });
      }
      expect(await store.get('nobody', 'e')).toBeUndefined();
      expect(await store.scan('nobody', undefined, 10)).toEqual([]);
    });

    it('refuses to put a document of one tenant into another', async () => {
      await expect(store.putMany('other', [document('a', 1)])).rejects.toMatchObject({ code: 'invalid' });
      expect(await store.get('other', 'a')).toBeUndefined();
    });

    it('pages through a tenant while documents come: each that was there once, in one order', async () => {
      const ids = Array.from({ length: 60 }, (_, number) => `p-${String(number * 10).padStart(4, '0')}`);
      await store.putMany(
        'acme',
        ids.map((id) => document(id, 1)),
      );
      await store.putMany(
        'beta',
        ids.map((id) => document(id, 1, { tenantId: 'beta' })),
      );
      const seen: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await store.scan('acme', after, 7);
        expect(page.length).toBeLessThanOrEqual(7);
        if (page.length === 0) break;
        seen.push(...page.map(({ id }) => id));
        after = seen[seen.length - 1];
        await store.putMany(
          'acme',
          [document(`p-0005-${seen.length}`, 1), document(`p-9999-${seen.length}`, 1)].slice(
            0,
            seen.length > 40 ? 0 : 2,
          ),
        );
        await store.putMany('acme', [document(ids[0] as string, seen.length + 1)]);
      }
      expect(seen.filter((id) => ids.includes(id))).toEqual(ids);
      expect(new Set(seen).size).toBe(seen.length);
      expect([...seen].sort()).toEqual(seen);
    });

    it('erases every trace and lets nothing older come back', async () => {
      await store.putMany('acme', [document('gone', 5), document('stays', 5)]);
      await store.erase('acme', 'gone', 6);
      const left = await store.get('acme', 'gone');
      expect(left).toMatchObject({ tenantId: 'acme', id: 'gone', version: 6, state: 'erased' });
      expect(left).toMatchObject({
        identifiers: [],
        traits: {},
        devices: [],
        consents: [],
        aggregates: {},
        memberships: {},
      });
      expect(JSON.stringify(left)).not.toContain('user-gone');
      expect(await store.putMany('acme', [document('gone', 6)])).toEqual(['gone']);
      expect((await store.get('acme', 'stays'))?.state).toBe('active');
      await store.erase('acme', 'gone', 6);
      expect((await store.get('acme', 'gone'))?.state).toBe('erased');
    });

    it('leaves a tombstone for a document that it does not have', async () => {
      await store.erase('acme', 'unseen', 4);
      expect(await store.putMany('acme', [document('unseen', 3)])).toEqual(['unseen']);
    });

    it('deletes all of a tenant and nothing of another, which can begin anew', async () => {
      await store.putMany(
        'acme',
        Array.from({ length: 300 }, (_, number) => document(`a-${number}`, 9)),
      );
      await store.putMany('beta', [document('a-1', 9, { tenantId: 'beta' })]);
      await store.deleteTenant('acme');
      await store.deleteTenant('nobody');
      expect(await store.scan('acme', undefined, 10)).toEqual([]);
      expect(await store.get('beta', 'a-1')).toBeDefined();
      expect(await store.putMany('acme', [FULL])).toEqual([]);
      expect(await store.get('acme', 'full')).toEqual(FULL);
    });

    it('refuses work when it is closed', async () => {
      await store.close();
      await expect(store.get('acme', 'a')).rejects.toMatchObject({ code: 'unavailable' });
      await expect(store.putMany('acme', [document('a', 1)])).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
}
