import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataKeyStore, WrappedKey } from './data-key-store.js';

const key = (id: string, more: Partial<WrappedKey> = {}): WrappedKey => ({
  id,
  wrapped: new Uint8Array([0, 255, 7]),
  masterKeyId: 'm1',
  createdAt: 1,
  ...more,
});

export function describeDataKeyStoreContract(
  name: string,
  make: () => Promise<{ store: DataKeyStore; close: () => Promise<void> }>,
): void {
  describe(`DataKeyStore contract: ${name}`, () => {
    let store: DataKeyStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    const of = async (tenantId: string) =>
      (await store.all(tenantId)).map(({ wrapped, ...rest }) => ({ ...rest, wrapped: [...wrapped] }));

    it('keeps the bytes, the newest last, of each tenant', async () => {
      expect(await store.insert('t', key('k2', { createdAt: 2 }))).toBe(true);
      expect(await store.insert('t', key('k1'))).toBe(true);
      expect((await of('t')).map(({ id, wrapped }) => [id, wrapped])).toEqual([
        ['k1', [0, 255, 7]],
        ['k2', [0, 255, 7]],
      ]);
      expect(await of('u')).toEqual([]);
    });

    it('lets the first of several with one id win', async () => {
      const made = await Promise.all(
        [1, 2, 3].map((n) => store.insert('t', key('k1', { wrapped: new Uint8Array([n]) }))),
      );
      expect(made.filter(Boolean)).toHaveLength(1);
      expect((await of('t'))[0]?.wrapped).toEqual([made.indexOf(true) + 1]);
    });

    it('rewraps, names whose keys another master key wrapped, and destroys', async () => {
      await store.insert('t', key('k1'));
      await store.insert('u', key('k1'));
      expect(await store.wrappedByOthers('m2')).toEqual(['t', 'u']);
      await store.rewrap('t', key('k1', { wrapped: new Uint8Array([9]), masterKeyId: 'm2' }));
      expect(await store.wrappedByOthers('m2')).toEqual(['u']);
      expect((await of('t'))[0]).toEqual({ id: 'k1', wrapped: [9], masterKeyId: 'm2', createdAt: 1 });
      await store.destroy('t');
      expect(await of('t')).toEqual([]);
      expect(await of('u')).toHaveLength(1);
    });
  });
}
