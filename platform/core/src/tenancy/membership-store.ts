import type { Page, PageRequest } from '../kernel/index.js';
import type { Member, Membership } from './account.js';
import type { Role } from './role.js';

export abstract class MembershipStore {
  /** False when the account is already in the tenant: then nothing was written. */
  abstract insert(tenantId: string, membership: Membership): Promise<boolean>;

  abstract get(tenantId: string, accountId: string): Promise<Member | undefined>;

  /** Replaces the record whose version is `expectedVersion`; false when it has moved on. */
  abstract replace(tenantId: string, membership: Membership, expectedVersion: number): Promise<boolean>;

  /** False when there was none. */
  abstract remove(tenantId: string, accountId: string): Promise<boolean>;

  /** By account id. */
  abstract list(tenantId: string, page: PageRequest): Promise<Page<Member>>;

  /**
   * How many hold the role. Inside a unit of work no other may change the answer before it ends, so that a rule such as "one
   * owner at least" holds also when two are removed at once.
   */
  abstract count(tenantId: string, role: Role): Promise<number>;

  /** Every tenant that the account is in; those of deleted tenants are left out. For logging in, where no tenant is chosen yet. */
  abstract ofAccount(accountId: string): Promise<Membership[]>;
}
