import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Due, DueIndex } from './due-index.js';

/** A place where the instants of one index live. */
export interface DueIndexHome {
  open(): Promise<DueIndex>;
  remove(): Promise<void>;
}

const due = (profileId: string, at: number, tenantId = 'acme'): Due => ({ tenantId, profileId, at });

export function describeDueIndexContract(name: string, makeHome: () => Promise<DueIndexHome>): void {
  describe(`DueIndex contract: ${name}`, () => {
    let home: DueIndexHome;
    let index: DueIndex;

    beforeEach(async () => {
      home = await makeHome();
      index = await home.open();
    });
    afterEach(async () => {
      await index.close();
      await home.remove();
    });

    it('answers what is due at an instant, earliest first, up to the limit', async () => {
      const T = 1_760_000_000_000;
      await index.schedule([due('c', T + 3), due('a', T + 1), due('e', T + 5), due('b', T + 2), due('z', 999)]);
      expect(await index.due(T + 3, 10)).toEqual([due('z', 999), due('a', T + 1), due('b', T + 2), due('c', T + 3)]);
      expect(await index.due(T + 3, 2)).toEqual([due('z', 999), due('a', T + 1)]);
      expect(await index.due(998, 10)).toEqual([]);
      expect(await index.next()).toBe(999);
    });

    it('leaves what it answered until it is done', async () => {
      await index.schedule([due('a', 1), due('b', 2)]);
      const first = await index.due(5, 10);
      expect(await index.due(5, 10)).toEqual(first);
      await index.done([due('a', 1)]);
      expect(await index.due(5, 10)).toEqual([due('b', 2)]);
      await index.done([due('a', 1), due('nobody', 1)]);
      await index.done([due('b', 2)]);
      expect(await index.next()).toBeUndefined();
    });

    it('keeps several instants of a profile and one of the same', async () => {
      await index.schedule([due('a', 1), due('a', 2), due('a', 1)]);
      await index.schedule([due('a', 2)]);
      expect(await index.due(9, 10)).toEqual([due('a', 1), due('a', 2)]);
      await index.done([due('a', 1)]);
      expect(await index.due(9, 10)).toEqual([due('a', 2)]);
    });

    it('answers all of thousands that share an instant, a piece at a time', async () => {
      const all = Array.from({ length: 2_500 }, (_, number) => due(`p-${number}`, 7));
      await index.schedule(all);
      const seen = new Set<string>();
      for (let piece = await index.due(7, 400); piece.length > 0; piece = await index.due(7, 400)) {
        for (const { profileId } of piece) seen.add(profileId);
        await index.done(piece);
      }
      expect(seen.size).toBe(2_500);
    });

    it('remembers after it was closed and opened', async () => {
      await index.schedule([due('a', 1)]);
      await index.close();
      index = await home.open();
      expect(await index.due(1, 10)).toEqual([due('a', 1)]);
    });

    it('tells tenants apart and deletes the instants of one', async () => {
      await index.schedule([due('a', 1), due('a', 1, 'beta'), due('b', 2), due('x', 3, 'acme2')]);
      await index.done([due('a', 1, 'beta')]);
      expect((await index.due(9, 10)).map(({ tenantId }) => tenantId)).toEqual(['acme', 'acme', 'acme2']);
      await index.deleteTenant('acme');
      await index.deleteTenant('nobody');
      expect(await index.due(9, 10)).toEqual([due('x', 3, 'acme2')]);
    });

    it('refuses work when it is closed', async () => {
      await index.close();
      await expect(index.due(1, 1)).rejects.toMatchObject({ code: 'unavailable' });
      await expect(index.schedule([due('a', 1)])).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
}
