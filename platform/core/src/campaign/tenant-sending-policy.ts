import { resolveSettings, type TenantStore } from '../tenancy/index.js';
import { SendingPolicy, type SendingRules } from './sending-policy.js';

/** What the tenant's record and settings say. */
export class TenantSendingPolicy extends SendingPolicy {
  readonly #tenants: TenantStore;

  constructor(tenants: TenantStore) {
    super();
    this.#tenants = tenants;
  }

  override async of(tenantId: string): Promise<SendingRules> {
    const tenant = await this.#tenants.get(tenantId);
    if (tenant?.state !== 'active') return { active: false };
    const { cap } = resolveSettings(tenant.settings).messages;
    return cap === null ? { active: true } : { active: true, cap };
  }
}
