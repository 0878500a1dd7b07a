import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ImportJob, ImportStore } from './import-job.js';

const job = (id: string, tenantId = 't', more: Partial<ImportJob> = {}): ImportJob => ({
  id,
  tenantId,
  appId: 'app',
  state: 'queued',
  format: 'csv',
  mapping: { type: 'track', userId: 'id', event: 'Bought' },
  file: `imports/${id}`,
  bytes: 10,
  rows: 0,
  accepted: 0,
  rejected: 0,
  createdAt: 1,
  ...more,
});

export function describeImportStoreContract(
  name: string,
  make: () => Promise<{ store: ImportStore; close: () => Promise<void> }>,
): void {
  describe(`ImportStore contract: ${name}`, () => {
    let store: ImportStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await make());
    });
    afterEach(() => close());

    it('gives back what was put in, and what became of it', async () => {
      await store.insert('t', job('i1'));
      expect(await store.get('t', 'i1')).toEqual(job('i1'));
      const done = job('i1', 't', { state: 'failed', rows: 3, accepted: 2, rejected: 1, problem: 'no', finishedAt: 9 });
      await store.update('t', done);
      expect(await store.get('t', 'i1')).toEqual(done);
    });

    it('lists the newest first, by pages, and only the unfinished to go on with', async () => {
      for (const id of ['i1', 'i2', 'i3']) await store.insert('t', job(id));
      await store.update('t', job('i2', 't', { state: 'completed', finishedAt: 2 }));
      await store.update('t', job('i3', 't', { state: 'running' }));
      const first = await store.list('t', { limit: 2 });
      expect(first.items.map(({ id }) => id)).toEqual(['i3', 'i2']);
      expect(
        (await store.list('t', { limit: 2, cursor: first.nextCursor ?? undefined })).items.map(({ id }) => id),
      ).toEqual(['i1']);
      expect((await store.unfinished(10)).map(({ id }) => id)).toEqual(['i1', 'i3']);
    });

    it('tells which were finished long ago, of every tenant, and forgets one', async () => {
      await store.insert('t', job('i1'));
      await store.insert('t', job('i2'));
      await store.insert('other', job('i3', 'other'));
      await store.update('t', job('i2', 't', { state: 'completed', finishedAt: 20 }));
      await store.update('other', job('i3', 'other', { state: 'failed', finishedAt: 10 }));
      expect((await store.finishedBefore(20, 9)).map(({ id }) => id)).toEqual(['i3']);
      expect(await store.finishedBefore(30, 1)).toHaveLength(1);
      await store.delete('t', 'i3');
      expect(await store.get('other', 'i3')).toBeDefined();
      await store.delete('other', 'i3');
      expect(await store.get('other', 'i3')).toBeUndefined();
    });

    it('keeps tenants apart', async () => {
      await store.insert('t', job('i1'));
      expect(await store.get('other', 'i1')).toBeUndefined();
      expect((await store.list('other', { limit: 9 })).items).toEqual([]);
      await store.update('other', job('i1', 'other', { state: 'failed' }));
      await store.deleteTenant('other');
      expect((await store.get('t', 'i1'))?.state).toBe('queued');
    });
  });
}
