export interface ErasureReceipt {
  id: string;
  tenantId: string;
  profileId: string;
  /** Epoch milliseconds. */
  requestedAt: number;
  state: 'pending' | 'done';
  /** In the order of their completion; a store that was reached once for each merged part is there for each. */
  stores: { store: string; what: string; at: number }[];
}

/** What is erased: a profile, and with it the profiles that were merged into it, by way of others too. */
export interface Erasure {
  id: string;
  tenantId: string;
  profileId: string;
  /** All of them, the profile itself first. */
  parts: string[];
  /** Epoch milliseconds. */
  requestedAt: number;
}

/** Stores that an erasure must reach before its receipt says `done`: those that are reached once, and those for each part. */
export const ERASED_ONCE = ['identity', 'log'] as const;
export const ERASED_BY_PART = ['events', 'audience', 'profiles', 'messages'] as const;
export type ErasedStore = (typeof ERASED_ONCE)[number] | (typeof ERASED_BY_PART)[number];

/** Receipts of erasures: what was taken from where, and when. They name profiles by their ids alone. */
export abstract class ErasureLedger {
  abstract open(tenantId: string, erasure: Omit<Erasure, 'tenantId'>): Promise<void>;

  /** Notes that a store is done with a part (`''` for a store that is reached once); the same again changes nothing. */
  abstract done(tenantId: string, receiptId: string, store: ErasedStore, part: string, what: string): Promise<void>;
  abstract get(tenantId: string, receiptId: string): Promise<ErasureReceipt | undefined>;
  abstract ofProfile(tenantId: string, profileId: string): Promise<ErasureReceipt | undefined>;

  /** Those of the profiles that are erased, or about to be; one that was merged away counts by its successor. */
  abstract erasedAmong(tenantId: string, profileIds: readonly string[]): Promise<string[]>;

  /** Erasures of all tenants that the log was not told of yet: a crash came between. */
  abstract unsent(limit: number): Promise<Erasure[]>;
}
