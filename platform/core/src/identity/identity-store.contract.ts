import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { identifierKey } from './identifier.js';
import type { IdentityStore, Link, Merge } from './identity-store.js';

const link = (value: string, profileId: string, type = 'userId'): Link => ({ type, value, profileId });
const merge = (loser: string, winner: string, mergeId = `${loser}-${winner}`): Merge => ({
  mergeId,
  loser,
  winner,
  at: 1,
  cause: 'test',
});

export function describeIdentityStoreContract(
  name: string,
  make: () => Promise<{ store: IdentityStore; close: () => Promise<void> }>,
): void {
  describe(`IdentityStore contract: ${name}`, () => {
    let store: IdentityStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    const claim = (...links: Link[]) => store.commit('t', { links, merges: [] });
    const ownerOf = async (value: string, tenantId = 't') =>
      (await store.find(tenantId, [{ type: 'userId', value }]))[0]?.profileId;

    it('gives an identifier to the first who claims it, and nothing of a later claim', async () => {
      expect(await claim(link('a', 'p1'))).toBe(true);
      expect(await claim(link('b', 'p2'), link('a', 'p2'))).toBe(false);
      expect([await ownerOf('a'), await ownerOf('b')]).toEqual(['p1', undefined]);
    });

    it('lets exactly one of many concurrent claims win', async () => {
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, index) => claim(link('a', `p${index}`), link(`own-${index}`, `p${index}`))),
      );
      expect(claims.filter(Boolean)).toHaveLength(1);
      const winner = claims.indexOf(true);
      expect([await ownerOf('a'), await ownerOf(`own-${winner}`)]).toEqual([`p${winner}`, `p${winner}`]);
    });

    it('tells values apart by case and accents, and types by name', async () => {
      expect(await claim(link('Anna', 'p1'), link('anna', 'p2'), link('ánna', 'p3'), link('Anna', 'p4', 'email'))).toBe(
        true,
      );
      expect(
        await store.find('t', [link('Anna', ''), link('anna', ''), link('ánna', ''), link('Anna', '', 'email')]),
      ).toHaveLength(4);
    });

    it('finds thousands at once', async () => {
      await claim(...Array.from({ length: 3_000 }, (_, index) => link(`u${index}`, `p${index}`)));
      const found = await store.find(
        't',
        Array.from({ length: 4_000 }, (_, index) => ({ type: 'userId', value: `u${index}` })),
      );
      expect(found).toHaveLength(3_000);
    });

    it('keeps tenants apart', async () => {
      await claim(link('a', 'p1'));
      expect(await ownerOf('a', 'other')).toBeUndefined();
      expect(await store.linksOf('other', ['p1'])).toEqual([]);
      expect(await store.commit('other', { links: [link('a', 'q1')], merges: [] })).toBe(true);
      expect(await store.undo('other', 'p1-p2')).toBeUndefined();
      await store.deleteTenant('other');
      expect(await ownerOf('a')).toBe('p1');
    });

    it('moves what a loser had to the winner, with new links of the same change', async () => {
      await claim(link('a', 'p1'), link('b', 'p2'));
      expect(await store.commit('t', { links: [link('c', 'p2')], merges: [merge('p2', 'p1')] })).toBe(true);
      expect([await ownerOf('b'), await ownerOf('c')]).toEqual(['p1', 'p1']);
      expect(await store.successorOf('t', 'p2')).toBe('p1');
    });

    it('gives nothing to a profile that was merged away', async () => {
      await claim(link('a', 'p1'), link('b', 'p2'));
      await store.commit('t', { links: [], merges: [merge('p2', 'p1')] });
      expect(await claim(link('c', 'p2'))).toBe(false);
      expect(await ownerOf('c')).toBeUndefined();
      expect(await store.commit('other', { links: [link('c', 'p2')], merges: [] })).toBe(true);
    });

    it('refuses to merge a profile twice, into one that is gone, or one that has nothing', async () => {
      await claim(link('a', 'p1'), link('b', 'p2'), link('c', 'p3'));
      await store.commit('t', { links: [], merges: [merge('p2', 'p1')] });
      expect(await store.commit('t', { links: [], merges: [merge('p2', 'p3')] })).toBe(false);
      expect(await store.commit('t', { links: [], merges: [merge('p3', 'p2')] })).toBe(false);
      expect(await store.commit('t', { links: [], merges: [merge('p9', 'p1')] })).toBe(false);
      expect(await ownerOf('c')).toBe('p3');
    });

    it('follows merges of merges', async () => {
      await claim(link('a', 'p1'), link('b', 'p2'), link('c', 'p3'));
      await store.commit('t', { links: [], merges: [merge('p3', 'p2')] });
      await store.commit('t', { links: [], merges: [merge('p2', 'p1')] });
      expect(await store.successorOf('t', 'p3')).toBe('p1');
      expect(await ownerOf('c')).toBe('p1');
    });

    it('follows merges of many at once, and leaves out those that were not merged', async () => {
      await claim(link('a', 'p1'), link('b', 'p2'), link('c', 'p3'), link('d', 'p4'));
      await store.commit('t', { links: [], merges: [merge('p3', 'p2'), merge('p2', 'p1')] });
      const all = ['p1', 'p2', 'p3', 'p4', 'nobody'];
      const followed = new Map([
        ['p2', 'p1'],
        ['p3', 'p1'],
      ]);
      expect(await store.successorsOf('t', all)).toEqual(followed);
      expect(await store.successorsOf('t', [])).toEqual(new Map());
      expect(await store.successorsOf('other', all)).toEqual(new Map());
    });

    it('keeps a merge unannounced until it is announced, and so its undoing', async () => {
      await claim(link('a', 'p1'), link('b', 'p2'));
      await store.commit('t', { links: [], merges: [merge('p2', 'p1')] });
      expect((await store.unannounced(10)).map(({ entry }) => entry.state)).toEqual(['pending']);
      await store.announce('t', ['p2-p1']);
      expect(await store.unannounced(10)).toEqual([]);
      await store.undo('t', 'p2-p1');
      expect((await store.unannounced(10)).map(({ entry }) => entry.state)).toEqual(['undoing']);
      await store.announce('t', ['p2-p1']);
      expect((await store.entry('t', 'p2-p1'))?.state).toBe('undone');
    });

    it('counts what takes an identifier from a profile, and nothing else', async () => {
      await claim(link('a', 'p1'), link('b', 'p2'), link('c', 'p3'));
      await store.commit('t', { links: [], merges: [merge('p2', 'p1')] });
      const before = await store.splits();
      await claim(link('d', 'p1'));
      expect(await store.splits()).toBe(before);
      await store.undo('t', 'p2-p1');
      const undone = await store.splits();
      expect(undone).toBeGreaterThan(before);
      await store.erase('t', 'p3', 5);
      expect(await store.splits()).toBeGreaterThan(undone);
    });

    it('undoes a merge once, and the profile may be merged again', async () => {
      await claim(link('a', 'p1'), link('b', 'p2'));
      await store.commit('t', { links: [link('late', 'p1')], merges: [merge('p2', 'p1')] });
      expect((await store.undo('t', 'p2-p1'))?.moved).toEqual([{ type: 'userId', value: 'b' }]);
      expect([await ownerOf('b'), await ownerOf('late')]).toEqual(['p2', 'p1']);
      expect(await store.undo('t', 'p2-p1')).toBeUndefined();
      expect(await store.commit('t', { links: [], merges: [merge('p2', 'p1', 'again')] })).toBe(true);
    });

    it('lists the ledger of either profile by pages', async () => {
      await claim(link('a', 'p1'), link('b', 'p2'), link('c', 'p3'));
      await store.commit('t', { links: [], merges: [merge('p2', 'p1', 'm1'), merge('p3', 'p1', 'm2')] });
      const first = await store.ledger('t', 'p1', { limit: 1 });
      expect(first.items.map(({ mergeId }) => mergeId)).toEqual(['m1']);
      const next = await store.ledger('t', 'p1', { limit: 1, cursor: first.nextCursor ?? undefined });
      expect(next.items.map(({ mergeId }) => mergeId)).toEqual(['m2']);
      expect((await store.ledger('t', 'p3', { limit: 9 })).items).toHaveLength(1);
    });

    it('gives push tokens to whoever had them last, and never counts them as identifiers', async () => {
      await claim(link('a', 'p1'));
      await store.assign('t', [link('token', 'p1', 'device')]);
      await store.assign('t', [link('token', 'p2', 'device')]);
      expect((await store.find('t', [{ type: 'device', value: 'token' }]))[0]?.profileId).toBe('p2');
      expect(await store.linksOf('t', ['p2'])).toEqual([]);
    });

    it('erases identifiers and recognises them by when they were erased', async () => {
      await claim(link('a', 'p1'), link('b', 'p1', 'email'));
      expect(await store.erase('t', 'p1', 77)).toHaveLength(2);
      expect(await ownerOf('a')).toBeUndefined();
      const asked = [
        { type: 'userId', value: 'a' },
        { type: 'userId', value: 'c' },
      ];
      expect(await store.erasedAt('t', asked)).toEqual(new Map([[identifierKey({ type: 'userId', value: 'a' }), 77]]));
      expect(await store.erasedAt('other', asked)).toEqual(new Map());
    });
  });
}
