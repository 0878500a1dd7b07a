import type { Page, PageRequest } from '../kernel/index.js';
import type { Tenant } from './tenant.js';

/** The tenants. Deleted ones stay as records, so that an id is never given again. */
export abstract class TenantStore {
  /** A taken id is a defect of the caller and throws. */
  abstract insert(tenant: Tenant): Promise<void>;

  /** Undefined where there is none; a deleted one is answered. */
  abstract get(tenantId: string): Promise<Tenant | undefined>;

  /**
   * Replaces the record whose version is `expectedVersion`; false when it has moved on or is not there. The change reaches
   * `TenancyFeed` in the same moment.
   */
  abstract replace(tenant: Tenant, expectedVersion: number): Promise<boolean>;

  /** Deleted, and not yet erased. */
  abstract unerased(): Promise<Tenant[]>;

  /** Those that are not deleted, by id. */
  abstract list(page: PageRequest): Promise<Page<Tenant>>;
}
