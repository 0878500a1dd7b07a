import type { Ids } from '../kernel/index.js';
import { type Identifier, identifierKey } from './identifier.js';
import type { Link, Merge } from './identity-store.js';

/** One call's identifiers, usable ones alone, the strongest first. */
export interface ResolveRequest {
  identifiers: readonly Identifier[];
  /** Epoch milliseconds at which the call happened. */
  at: number;
  /** An alias says that the two are one person: limits do not keep them apart. */
  explicit?: boolean;
}

export interface Resolution {
  profileId: string;
  created: boolean;
  /** Identifiers that the profile gained by this call. */
  gained: Identifier[];
  /** Merges that happen before the call's event. */
  merges: Merge[];
}

/** Thrown when a decision needs the identifiers of profiles that were not read yet. */
export class DetailsNeeded {
  readonly profileIds: string[];

  constructor(profileIds: string[]) {
    this.profileIds = profileIds;
  }
}

/**
 * Decides a batch of calls of one tenant one after the other over what was read, without touching a store.
 *
 * The strongest identifier decides whose call it is. A weaker one that nobody owns is linked to that profile; one that
 * another profile owns merges the two. Where a limit forbids it the weaker identifier is left out of the call, as on a
 * device that two people share. Of two profiles the one with the stronger identifier goes on, then the older one.
 */
export class ResolutionPlan {
  readonly links: Link[] = [];
  readonly merges: Merge[] = [];
  readonly #owners: Map<string, string>;
  readonly #details: Map<string, Identifier[]>;
  readonly #limits: ReadonlyMap<string, number>;
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #ids: Ids;
  readonly #mergedInto = new Map<string, string>();

  /** `owners` by identifier key; `details` by profile; `limits` by type in the order of their strength. */
  constructor(
    owners: ReadonlyMap<string, string>,
    details: ReadonlyMap<string, readonly Identifier[]>,
    limits: ReadonlyMap<string, number>,
    ids: Ids,
  ) {
    this.#owners = new Map(owners);
    this.#details = new Map([...details].map(([profile, identifiers]) => [profile, [...identifiers]]));
    this.#limits = limits;
    this.#ranks = new Map([...limits.keys()].map((type, rank) => [type, rank]));
    this.#ids = ids;
  }

  resolve(request: ResolveRequest): Resolution {
    const same = this.#soleOwner(request.identifiers);
    if (same !== undefined) return { profileId: same, created: false, gained: [], merges: [] };
    const merges: Merge[] = [];
    const unowned: Identifier[] = [];
    let current: string | undefined;
    for (const identifier of request.identifiers) {
      const owner = this.ownerOf(identifier);
      if (owner === undefined) {
        if (
          current === undefined
            ? this.#fitTogether(unowned, identifier, request)
            : this.#fits(current, [...unowned, identifier], request)
        )
          unowned.push(identifier);
      } else if (current === undefined) {
        if (this.#fits(owner, unowned, request)) current = owner;
      } else if (owner !== current && this.#fits(current, [...this.#detailsOf(owner), ...unowned], request)) {
        const merge = this.#merge(current, owner, request);
        merges.push(merge);
        current = merge.winner;
      }
    }
    const created = current === undefined;
    const profileId = current ?? this.#ids.next();
    if (created) this.#details.set(profileId, []);
    for (const identifier of unowned) this.#link(identifier, profileId);
    return { profileId, created, gained: unowned, merges };
  }

  /** The common case by far: everything that the call names is one known profile. */
  #soleOwner(identifiers: readonly Identifier[]): string | undefined {
    let sole: string | undefined;
    for (const identifier of identifiers) {
      const owner = this.ownerOf(identifier);
      if (owner === undefined || (sole !== undefined && owner !== sole)) return undefined;
      sole = owner;
    }
    return sole;
  }

  /** Whose the identifier is after what was decided so far. */
  ownerOf(identifier: Identifier): string | undefined {
    let owner = this.#owners.get(identifierKey(identifier));
    for (let next = owner; next !== undefined; next = this.#mergedInto.get(next)) owner = next;
    return owner;
  }

  #detailsOf(profileId: string): Identifier[] {
    const details = this.#details.get(profileId);
    if (!details) throw new DetailsNeeded([profileId]);
    return details;
  }

  #fitTogether(unowned: readonly Identifier[], identifier: Identifier, request: ResolveRequest): boolean {
    return this.#withinLimits([...unowned, identifier], request);
  }

  #fits(profileId: string, more: readonly Identifier[], request: ResolveRequest): boolean {
    return more.length === 0 || this.#withinLimits([...this.#detailsOf(profileId), ...more], request);
  }

  #withinLimits(identifiers: readonly Identifier[], request: ResolveRequest): boolean {
    // One identifier is within any limit there is, and most calls name one.
    if (request.explicit || identifiers.length === 1) return true;
    const values = new Map<string, Set<string>>();
    for (const { type, value } of identifiers) {
      const seen = values.get(type) ?? new Set();
      values.set(type, seen.add(value));
      if (seen.size > (this.#limits.get(type) ?? 1)) return false;
    }
    return true;
  }

  #merge(one: string, other: string, request: ResolveRequest): Merge {
    const [winner, loser] = this.#stronger(one, other) ? [one, other] : [other, one];
    const merge: Merge = {
      mergeId: this.#ids.next(),
      winner,
      loser,
      at: request.at,
      cause: request.identifiers.map(({ type }) => type).join(' + '),
    };
    this.merges.push(merge);
    this.#mergedInto.set(loser, winner);
    this.#detailsOf(winner).push(...this.#detailsOf(loser));
    return merge;
  }

  #stronger(one: string, other: string): boolean {
    const [a, b] = [this.#bestRank(one), this.#bestRank(other)];
    // Ids grow with time: the smaller one is the older profile.
    return a === b ? one < other : a < b;
  }

  #bestRank(profileId: string): number {
    return Math.min(
      ...this.#detailsOf(profileId).map(({ type }) => this.#ranks.get(type) ?? this.#ranks.size),
      this.#ranks.size,
    );
  }

  #link(identifier: Identifier, profileId: string): void {
    this.links.push({ ...identifier, profileId });
    this.#owners.set(identifierKey(identifier), profileId);
    this.#details.get(profileId)?.push(identifier);
  }
}
