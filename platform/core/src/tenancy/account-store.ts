import type { Account } from './account.js';

/** Accounts, which belong to the platform and not to a tenant; what an account is in a tenant is in `MembershipStore`. */
export abstract class AccountStore {
  /** False when the e-mail address is taken: then nothing was written. */
  abstract insert(account: Account): Promise<boolean>;

  abstract get(accountId: string): Promise<Account | undefined>;

  /** `email` as `normalizeEmail` makes it. */
  abstract byEmail(email: string): Promise<Account | undefined>;

  /** Replaces the record whose version is `expectedVersion`; false when it has moved on. */
  abstract replace(account: Account, expectedVersion: number): Promise<boolean>;

  abstract remove(accountId: string): Promise<void>;
}
