import { TenantSendingPolicy } from '@cdp/core/campaign';
import type { Tenant, TenantStore } from '@cdp/core/tenancy';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openTestTenancy, type TestTenancy } from './testing/index.js';

const tenant = (id: string, more: Partial<Tenant> = {}): Tenant => ({
  id,
  name: id,
  state: 'active',
  settings: {},
  version: 1,
  createdAt: 1,
  updatedAt: 1,
  erasedAt: null,
  ...more,
});

describe('TenantSendingPolicy', () => {
  let home: TestTenancy;
  let tenants: TenantStore;
  beforeEach(async () => {
    home = await openTestTenancy();
    tenants = home.tenancy.stores.tenants;
  });
  afterEach(async () => {
    await home.close();
    await home.db.close();
  });

  it('sends for active tenants alone, within their cap', async () => {
    const cap = { messages: 3, windowMs: 86_400_000 };
    await tenants.insert(tenant('free'));
    await tenants.insert(tenant('capped', { settings: { messages: { cap } } }));
    await tenants.insert(tenant('suspended', { state: 'suspended' }));
    const policy = new TenantSendingPolicy(tenants);
    expect(await policy.of('free')).toEqual({ active: true });
    expect(await policy.of('capped')).toEqual({ active: true, cap });
    expect(await policy.of('suspended')).toEqual({ active: false });
    expect(await policy.of('unknown')).toEqual({ active: false });
  });
});
