import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Template } from './template.js';
import type { TemplateStore } from './template-store.js';

const template = (id: string, more: Partial<Template> = {}): Template => ({
  id,
  channel: 'email',
  plugin: 'recorder',
  name: id,
  version: 1,
  content: { subject: 'Hi' },
  createdAt: 1,
  updatedAt: 1,
  ...more,
});

export function describeTemplateStoreContract(
  name: string,
  make: () => Promise<{ store: TemplateStore; close: () => Promise<void> }>,
): void {
  describe(`TemplateStore contract: ${name}`, () => {
    let store: TemplateStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    it('keeps every version, and gives the latest', async () => {
      const next = template('a', { version: 2, name: 'b', content: { subject: 'Ho' }, updatedAt: 2 });
      await store.insert('t', template('a'));
      expect(await store.replace('t', next, 1)).toBe(true);
      expect(await store.get('t', 'a')).toEqual(next);
      expect(await store.get('t', 'a', 1)).toEqual(template('a'));
      expect(await store.get('t', 'a', 3)).toBeUndefined();
    });

    it('refuses a change of a version that is not the latest', async () => {
      await store.insert('t', template('a'));
      await store.replace('t', template('a', { version: 2 }), 1);
      expect(await store.replace('t', template('a', { version: 2, name: 'lost' }), 1)).toBe(false);
      expect(await store.replace('t', template('no', { version: 2 }), 1)).toBe(false);
      expect((await store.get('t', 'a'))?.name).toBe('a');
    });

    it('lists by pages, of one channel or of all, without the deleted', async () => {
      for (const id of ['a', 'b', 'c', 'd'])
        await store.insert('t', template(id, { channel: id === 'b' ? 'sms' : 'email' }));
      expect(await store.delete('t', 'c')).toBe(true);
      expect(await store.delete('t', 'c')).toBe(false);
      const first = await store.list('t', { limit: 2 });
      expect(first.items.map((one) => one.id)).toEqual(['a', 'b']);
      const rest = await store.list('t', { limit: 2, cursor: first.nextCursor ?? undefined });
      expect(rest.items.map((one) => one.id)).toEqual(['d']);
      expect((await store.list('t', { limit: 9, channel: 'sms' })).items.map((one) => one.id)).toEqual(['b']);
    });

    it('keeps the versions of a deleted one for the runs that were made of it', async () => {
      await store.insert('t', template('a'));
      await store.delete('t', 'a');
      expect(await store.get('t', 'a')).toBeUndefined();
      expect(await store.get('t', 'a', 1)).toEqual(template('a'));
    });

    it('keeps tenants apart', async () => {
      await store.insert('t', template('a'));
      await store.insert('other', template('a', { name: 'theirs' }));
      expect((await store.get('t', 'a'))?.name).toBe('a');
      await store.deleteTenant('other');
      expect(await store.get('other', 'a', 1)).toBeUndefined();
      expect(await store.delete('other', 'a')).toBe(false);
      expect((await store.list('t', { limit: 9 })).items).toHaveLength(1);
    });
  });
}
