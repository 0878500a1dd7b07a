import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Account, Membership } from './account.js';
import type { AccountStore } from './account-store.js';
import type { MembershipStore } from './membership-store.js';
import type { TenantStore } from './tenant-store.js';

const account = (id: string, more: Partial<Account> = {}): Account => ({
  id,
  email: `${id}@example.org`,
  name: id.toUpperCase(),
  passwordHash: 'hash',
  passwordState: 'chosen',
  passwordSetAt: 1,
  platformAdmin: false,
  version: 1,
  createdAt: 1,
  updatedAt: 1,
  ...more,
});

const membership = (tenantId: string, accountId: string, more: Partial<Membership> = {}): Membership => ({
  tenantId,
  accountId,
  role: 'operator',
  personalData: false,
  version: 1,
  createdAt: 1,
  ...more,
});

export function describeMembershipStoreContract(
  name: string,
  make: () => Promise<{
    accounts: AccountStore;
    memberships: MembershipStore;
    tenants: TenantStore;
    close: () => Promise<void>;
  }>,
): void {
  describe(`AccountStore and MembershipStore contract: ${name}`, () => {
    let accounts: AccountStore;
    let memberships: MembershipStore;
    let tenants: TenantStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ accounts, memberships, tenants, close } = await make());
      for (const id of ['t', 'u'])
        await tenants.insert({
          id,
          name: id,
          state: 'active',
          settings: {},
          version: 1,
          createdAt: 1,
          updatedAt: 1,
          erasedAt: null,
        });
    });
    afterEach(() => close());

    it('has one account for an e-mail address, also when several are made at once', async () => {
      const made = await Promise.all(
        ['a', 'b', 'c'].map((id) => accounts.insert(account(id, { email: 'one@example.org' }))),
      );
      expect(made.filter(Boolean)).toHaveLength(1);
      const found = await accounts.byEmail('one@example.org');
      expect(found).toEqual(await accounts.get(found?.id as string));
    });

    it('replaces an account of the expected version', async () => {
      await accounts.insert(account('a'));
      const changed = account('a', { passwordHash: null, platformAdmin: true, passwordState: 'temporary', version: 2 });
      expect(await accounts.replace(changed, 1)).toBe(true);
      expect(await accounts.replace(account('a', { version: 2 }), 1)).toBe(false);
      expect(await accounts.get('a')).toEqual(changed);
      await accounts.remove('a');
      expect(await accounts.get('a')).toBeUndefined();
    });

    it('knows a member in the tenant alone that it is of', async () => {
      await accounts.insert(account('a'));
      expect(await memberships.insert('t', membership('t', 'a'))).toBe(true);
      expect(await memberships.insert('t', membership('t', 'a', { role: 'owner' }))).toBe(false);
      expect(await memberships.get('t', 'a')).toEqual({
        ...membership('t', 'a'),
        email: 'a@example.org',
        name: 'A',
        passwordState: 'chosen',
      });
      expect(await memberships.get('u', 'a')).toBeUndefined();
      expect(await memberships.replace('u', membership('u', 'a', { version: 2 }), 1)).toBe(false);
      expect(await memberships.remove('u', 'a')).toBe(false);
      expect((await memberships.list('u', { limit: 10 })).items).toEqual([]);
      expect(await memberships.count('u', 'operator')).toBe(0);
    });

    it('changes a role from the expected version, and counts roles', async () => {
      for (const id of ['a', 'b']) {
        await accounts.insert(account(id));
        await memberships.insert('t', membership('t', id, { role: 'owner' }));
      }
      expect(await memberships.count('t', 'owner')).toBe(2);
      const changed = membership('t', 'a', { role: 'analyst', personalData: true, version: 2 });
      expect(await memberships.replace('t', changed, 1)).toBe(true);
      expect(await memberships.replace('t', changed, 1)).toBe(false);
      expect(await memberships.get('t', 'a')).toMatchObject(changed);
      expect(await memberships.count('t', 'owner')).toBe(1);
    });

    it('lists by pages', async () => {
      for (const id of ['a', 'b', 'c']) {
        await accounts.insert(account(id));
        await memberships.insert('t', membership('t', id));
      }
      const first = await memberships.list('t', { limit: 2 });
      expect(first.items.map(({ accountId }) => accountId)).toEqual(['a', 'b']);
      const next = await memberships.list('t', { limit: 2, cursor: first.nextCursor ?? undefined });
      expect(next.items.map(({ accountId }) => accountId)).toEqual(['c']);
      expect(next.nextCursor).toBeNull();
    });

    it('finds all tenants of an account but those that are deleted', async () => {
      await accounts.insert(account('a'));
      await memberships.insert('t', membership('t', 'a'));
      await memberships.insert('u', membership('u', 'a', { role: 'owner' }));
      expect((await memberships.ofAccount('a')).map(({ tenantId }) => tenantId)).toEqual(['t', 'u']);
      const gone = await tenants.get('t');
      if (gone) await tenants.replace({ ...gone, state: 'deleted', version: 2 }, 1);
      expect(await memberships.ofAccount('a')).toEqual([membership('u', 'a', { role: 'owner' })]);
      expect(await memberships.ofAccount('nobody')).toEqual([]);
    });
  });
}
