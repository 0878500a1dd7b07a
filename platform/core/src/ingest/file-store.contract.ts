import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FileStore } from './file-store.js';

export function describeFileStoreContract(
  name: string,
  make: () => Promise<{ store: FileStore; close: () => Promise<void> }>,
): void {
  describe(`FileStore contract: ${name}`, () => {
    let store: FileStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    it('reads back what was written, and says how much it was', async () => {
      expect(await store.write('t', 'imports/a', Readable.from([Buffer.from('hel'), Buffer.from('lo')]))).toBe(5);
      expect(await text(await store.read('t', 'imports/a'))).toBe('hello');
    });

    it('leaves nothing of a write that failed, and what was there before as it was', async () => {
      await store.write('t', 'a', Readable.from(['before']));
      const broken = Readable.from(
        (async function* () {
          yield 'half';
          throw new Error('cut off');
        })(),
      );
      await expect(store.write('t', 'a', broken)).rejects.toThrow('cut off');
      expect(await text(await store.read('t', 'a'))).toBe('before');
    });

    it('finds nothing that was removed, and does not mind removing it again', async () => {
      await store.write('t', 'a', Readable.from(['x']));
      await store.remove('t', 'a');
      await store.remove('t', 'a');
      await expect(store.read('t', 'a')).rejects.toMatchObject({ code: 'not_found' });
    });

    it('keeps tenants apart, whatever the name', async () => {
      await store.write('t', 'a', Readable.from(['x']));
      for (const way of ['a', '../t/a', '/t/a'])
        await expect(store.read('other', way)).rejects.toMatchObject({ name: 'CdpError' });
      await store.deleteTenant('other');
      expect(await text(await store.read('t', 'a'))).toBe('x');
    });
  });
}
