import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RejectedEvent } from './rejected-event.js';
import type { RejectedEventStore } from './rejected-events.js';

const event = (id: string, tenantId = 't', receivedAt = 1): RejectedEvent => ({
  id,
  tenantId,
  appId: 'app',
  receivedAt,
  messageId: `m-${id}`,
  code: 'invalid',
  path: 'event',
  message: 'Name the event.',
  payload: '{"type":"track"}',
});

export function describeRejectedEventStoreContract(
  name: string,
  make: () => Promise<{ store: RejectedEventStore; close: () => Promise<void> }>,
): void {
  describe(`RejectedEventStore contract: ${name}`, () => {
    let store: RejectedEventStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    it('keeps each event once, newest first, by pages', async () => {
      await store.insert([event('e1'), event('e2'), event('e3')]);
      await store.insert([event('e2')]);
      const first = await store.list('t', { limit: 2 });
      expect(first.items).toEqual([event('e3'), event('e2')]);
      expect(await store.list('t', { limit: 2, cursor: first.nextCursor ?? undefined })).toEqual({
        items: [event('e1')],
        nextCursor: null,
      });
    });

    it('finds by message id, and within the tenant alone', async () => {
      await store.insert([event('e1'), event('e1', 'other')]);
      expect((await store.find('t', 'm-e1'))?.tenantId).toBe('t');
      expect((await store.find('other', 'm-e1'))?.tenantId).toBe('other');
      await store.deleteTenant('other');
      expect(await store.find('other', 'm-e1')).toBeUndefined();
      expect(await store.find('t', 'm-e1')).toEqual(event('e1'));
    });

    it('forgets what is older than asked for', async () => {
      await store.insert([event('old', 't', 1), event('older', 'other', 0), event('new', 't', 10)]);
      expect(await store.trim(10, 1)).toBe(1);
      expect(await store.trim(10, 5)).toBe(1);
      expect(await store.trim(10, 5)).toBe(0);
      expect((await store.list('other', { limit: 9 })).items).toEqual([]);
      expect((await store.list('t', { limit: 9 })).items.map(({ id }) => id)).toEqual(['new']);
    });
  });
}
