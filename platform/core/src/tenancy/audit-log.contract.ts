import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditEntry, AuditLog } from './audit-log.js';

const entry = (id: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  id,
  tenantId: 't',
  at: Number(id),
  actor: { kind: 'user', id: 'u1', email: 'u1@example.org', address: '::1', correlationId: 'c' },
  action: 'update',
  resource: 'App',
  resourceId: 'a1',
  before: { name: 'old' },
  after: { name: 'new', list: [1, null] },
  ...more,
});

export function describeAuditLogContract(
  name: string,
  make: () => Promise<{ log: AuditLog; close: () => Promise<void> }>,
): void {
  describe(`AuditLog contract: ${name}`, () => {
    let log: AuditLog;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ log, close } = await make());
    });
    afterEach(() => close());

    it('lists newest first, by pages, of the tenant alone', async () => {
      for (const id of ['1', '2', '3']) await log.append('t', entry(id));
      await log.append('other', entry('4', { tenantId: 'other' }));
      const first = await log.list('t', {}, { limit: 2 });
      expect(first.items).toEqual([entry('3'), entry('2')]);
      await log.append('t', entry('5'));
      expect(await log.list('t', {}, { limit: 2, cursor: first.nextCursor ?? undefined })).toEqual({
        items: [entry('1')],
        nextCursor: null,
      });
    });

    it('keeps an actor without address and a change without before or after', async () => {
      const bare = entry('1', { actor: { kind: 'platform', id: 'platform' }, before: null, after: null });
      await log.append('t', bare);
      expect((await log.list('t', {}, { limit: 1 })).items).toEqual([bare]);
    });

    it('finds by who, what, which and when', async () => {
      await log.append('t', entry('1', { action: 'create' }));
      await log.append('t', entry('2', { resourceId: 'a2' }));
      await log.append('t', entry('3', { resource: 'User', actor: { kind: 'user', id: 'u2' } }));
      const ids = async (filter: object) => (await log.list('t', filter, { limit: 9 })).items.map(({ id }) => id);
      expect(await ids({ action: 'create' })).toEqual(['1']);
      expect(await ids({ resource: 'App' })).toEqual(['2', '1']);
      expect(await ids({ resource: 'App', resourceId: 'a2' })).toEqual(['2']);
      expect(await ids({ actorId: 'u2' })).toEqual(['3']);
      expect(await ids({ from: 2, to: 3 })).toEqual(['2']);
    });
  });
}
