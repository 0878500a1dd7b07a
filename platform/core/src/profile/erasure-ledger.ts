export interface ErasureReceipt {
  id: string;
  tenantId: string;
  profileId: string;
  /** Epoch milliseconds. */
  requestedAt: number;
  state: 'pending' | 'done';
  /** One entry a store, in the order of their completion. */
  stores: { store: string; what: string; at: number }[];
}

/** Stores that an erasure must reach before its receipt says `done`. */
export const ERASED_STORES = ['identity', 'events', 'audience', 'profiles', 'messages', 'log'] as const;
export type ErasedStore = (typeof ERASED_STORES)[number];

/** Receipts of erasures: what was taken from where, and when. They name the profile by its id alone. */
export abstract class ErasureLedger {
  abstract open(tenantId: string, receipt: Pick<ErasureReceipt, 'id' | 'profileId' | 'requestedAt'>): Promise<void>;

  /** Notes that a store is done; the same store again changes nothing. The receipt is `done` with the last of `ERASED_STORES`. */
  abstract done(tenantId: string, receiptId: string, store: ErasedStore, what: string): Promise<void>;
  abstract get(tenantId: string, receiptId: string): Promise<ErasureReceipt | undefined>;
  abstract ofProfile(tenantId: string, profileId: string): Promise<ErasureReceipt | undefined>;
}
