import type { Page, PageRequest } from '../kernel/index.js';
import type { Identifier } from './identifier.js';

export interface Link extends Identifier {
  profileId: string;
}

/** Two profiles became one. The ledger keeps what came from where, so that it can be undone. */
export interface Merge {
  mergeId: string;
  /** The profile that goes on. */
  winner: string;
  /** The profile that becomes part of it. */
  loser: string;
  /** Epoch milliseconds. */
  at: number;
  /** Why: the identifiers that met in one call, or who asked for it. */
  cause: string;
}

export interface LedgerEntry extends Merge {
  /** `pending` until the merge is in the log, `undoing` until its undoing is. */
  state: 'pending' | 'announced' | 'undoing' | 'undone';
  /** The identifiers that the loser had. */
  moved: Identifier[];
}

export interface IdentityChange {
  /** Identifiers to claim, none of which had an owner when it was looked up. */
  links: readonly Link[];
  /** In the order in which they happen; links of a loser, old and new, end with its winner. */
  merges: readonly Merge[];
}

/**
 * Who is who: each identifier of a tenant belongs to at most one profile.
 *
 * - `commit` is a compare-and-set: all of the change, or `false` and nothing of it, when an identifier was claimed, a
 *   profile that is to get a link was merged, or a profile of a merge was merged or erased meanwhile. Of concurrent claims of one identifier exactly one succeeds.
 * - An entry of the ledger is `pending` from its commit (`undoing` from `undo`) until `announce`: who publishes merges
 *   starts with those, so that a crash between the commit and the log loses none.
 */
export abstract class IdentityStore {
  /** Owners of the identifiers that have one. */
  abstract find(tenantId: string, identifiers: readonly Identifier[]): Promise<Link[]>;

  /** All identifiers of the given profiles. */
  abstract linksOf(tenantId: string, profileIds: readonly string[]): Promise<Link[]>;

  abstract commit(tenantId: string, change: IdentityChange): Promise<boolean>;

  /** Gives an identifier to a profile whoever had it: push tokens follow the person who signed in last. */
  abstract assign(tenantId: string, links: readonly Link[]): Promise<void>;

  /** Entries `pending` or `undoing`, oldest first, of all tenants. */
  abstract unannounced(limit: number): Promise<{ tenantId: string; entry: LedgerEntry }[]>;
  abstract announce(tenantId: string, mergeIds: readonly string[]): Promise<void>;

  /** Each entry that has the profile as winner or loser, oldest first. */
  abstract ledger(tenantId: string, profileId: string, page: PageRequest): Promise<Page<LedgerEntry>>;

  abstract entry(tenantId: string, mergeId: string): Promise<LedgerEntry | undefined>;

  /** Gives the loser its identifiers back and marks the entry; undefined where it is not in the ledger or already undone. */
  abstract undo(tenantId: string, mergeId: string): Promise<LedgerEntry | undefined>;

  /** The profile that a merged one is part of now, following merges of merges; itself where it was not merged. */
  abstract successorOf(tenantId: string, profileId: string): Promise<string>;

  /** The same for many at once; those that were not merged are left out. */
  abstract successorsOf(tenantId: string, profileIds: readonly string[]): Promise<Map<string, string>>;

  /** Removes the identifiers of a profile and remembers their fingerprints with the instant; answers what they were. */
  abstract erase(tenantId: string, profileId: string, at: number): Promise<Identifier[]>;

  /** For those of the identifiers that were erased: when (epoch milliseconds), by `identifierKey`. */
  abstract erasedAt(tenantId: string, identifiers: readonly Identifier[]): Promise<Map<string, number>>;

  /**
   * How often an identifier was taken from a profile (undone merges, erasures), of all tenants: who remembers owners has to look
   * again when the number is another. Owners that were merged are not counted: their successors are found.
   */
  abstract splits(): Promise<number>;

  abstract deleteTenant(tenantId: string): Promise<void>;
}
