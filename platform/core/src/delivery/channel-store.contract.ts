import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ChannelConfiguration } from './channel-configuration.js';
import type { ChannelStore } from './channel-store.js';

export const channelOf = (id: string, more: Partial<ChannelConfiguration> = {}): ChannelConfiguration => ({
  id,
  channel: 'email',
  plugin: 'recorder',
  name: id,
  sealedConfig: 'sealed',
  state: 'enabled',
  version: 1,
  createdAt: 1,
  updatedAt: 1,
  ...more,
});

export function describeChannelStoreContract(
  name: string,
  make: () => Promise<{ store: ChannelStore; close: () => Promise<void> }>,
): void {
  describe(`ChannelStore contract: ${name}`, () => {
    let store: ChannelStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    it('gives back what it was given, and changes it by compare-and-set', async () => {
      await store.insert('t', channelOf('a'));
      expect(await store.get('t', 'a')).toEqual(channelOf('a'));
      const next = channelOf('a', { version: 2, name: 'b', state: 'disabled', disabledReason: 'why', failingSince: 5 });
      expect(await store.replace('t', next, 1)).toBe(true);
      expect(await store.replace('t', channelOf('a', { version: 2, name: 'lost' }), 1)).toBe(false);
      expect(await store.get('t', 'a')).toEqual(next);
      expect(await store.tenantOf('a')).toBe('t');
      expect(await store.tenantOf('no')).toBeUndefined();
    });

    it('notes how a channel fares: the first failure, the end of failures, and the end', async () => {
      await store.insert('t', channelOf('a'));
      await store.noteFailing('t', 'a', 10);
      await store.noteFailing('t', 'a', 20);
      expect(await store.get('t', 'a')).toMatchObject({ failingSince: 10, version: 1 });
      await store.noteWorking('t', 'a');
      expect((await store.get('t', 'a'))?.failingSince).toBeUndefined();
      await store.disable('t', 'a', 'gone', 30);
      await store.disable('t', 'a', 'again', 40);
      expect(await store.get('t', 'a')).toMatchObject({ state: 'disabled', disabledReason: 'gone', version: 2 });
    });

    it('lists by pages', async () => {
      for (const id of ['a', 'b', 'c']) await store.insert('t', channelOf(id));
      const first = await store.list('t', { limit: 2 });
      expect(first.items.map((one) => one.id)).toEqual(['a', 'b']);
      const rest = await store.list('t', { limit: 2, cursor: first.nextCursor ?? undefined });
      expect(rest).toMatchObject({ items: [{ id: 'c' }], nextCursor: null });
    });

    it('keeps tenants apart', async () => {
      await store.insert('t', channelOf('a'));
      expect(await store.get('other', 'a')).toBeUndefined();
      expect(await store.replace('other', channelOf('a', { version: 2 }), 1)).toBe(false);
      expect(await store.delete('other', 'a')).toBe(false);
      await store.noteFailing('other', 'a', 1);
      await store.disable('other', 'a', 'x', 1);
      await store.deleteTenant('other');
      expect((await store.list('other', { limit: 9 })).items).toEqual([]);
      expect(await store.get('t', 'a')).toEqual(channelOf('a'));
      expect(await store.delete('t', 'a')).toBe(true);
    });
  });
}
