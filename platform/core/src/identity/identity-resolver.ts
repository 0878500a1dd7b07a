import { LRUCache } from 'lru-cache';
import { CdpError, type Ids } from '../kernel/index.js';
import { type Identifier, identifierKey } from './identifier.js';
import type { IdentifierType } from './identity-settings.js';
import type { IdentityStore } from './identity-store.js';
import { DetailsNeeded, type Resolution, ResolutionPlan, type ResolveRequest } from './resolution-plan.js';

const TRIES = 20;

/** Finds or makes the profile of each call of a batch; claims and merges are durable when it answers. */
export class IdentityResolver {
  readonly #store: IdentityStore;
  readonly #ids: Ids;
  readonly #typesOf: (tenantId: string) => readonly IdentifierType[];
  /** Owners by tenant and identifier. An owner that was merged since is still right: its writer forwards to the successor. */
  readonly #cache: LRUCache<string, string>;
  /** How often something was forgotten: what was read before that is not kept. */
  #forgotten = 0;
  #splits = 0;

  constructor(
    store: IdentityStore,
    ids: Ids,
    typesOf: (tenantId: string) => readonly IdentifierType[],
    cacheEntries = 200_000,
  ) {
    this.#store = store;
    this.#ids = ids;
    this.#typesOf = typesOf;
    this.#cache = new LRUCache({ max: cacheEntries });
  }

  /**
   * In the order of the requests, each of which has at least one identifier. `erased` where the call is from before the
   * erasure of somebody it names: it must not bring the person back.
   */
  async resolve(tenantId: string, requests: readonly ResolveRequest[]): Promise<(Resolution | 'erased')[]> {
    let claims: readonly Identifier[] = [];
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const forgotten = this.#forgotten;
      const known = await this.#read(tenantId, requests, attempt === 1);
      const live = requests.filter((request) => !isErased(request, known.erased));
      const { plan, resolutions } = await this.#decide(tenantId, live, known.owners);
      const { links, merges } = plan;
      // Where the commit fails, somebody else claimed one of them first: what was read is out of date.
      if (links.length > 0 || merges.length > 0)
        if (!(await this.#store.commit(tenantId, { links, merges }))) {
          claims = merges.length > 0 ? [] : links;
          continue;
        }
      if (forgotten === this.#forgotten)
        this.#remember(
          tenantId,
          plan,
          merges.length > 0 ? live.flatMap(({ identifiers }) => identifiers) : known.fresh,
        );
      if (live.length === requests.length) return resolutions;
      const queue = resolutions.values();
      return requests.map((request) =>
        isErased(request, known.erased) ? 'erased' : (queue.next().value as Resolution),
      );
    }
    // What nobody owns and nobody can claim stays so: a caller that waits would wait, and hold up all behind it, for ever.
    if (claims.length > 0 && (await this.#store.find(tenantId, claims)).length === 0)
      throw new Error(
        `The identity store refuses the claim of ${claims.length} identifiers, and names no owner of any.`,
      );
    throw new CdpError('unavailable', 'Identifiers are being claimed faster than they can be resolved.', {
      retryAfter: 1,
    });
  }

  /**
   * The owner as it was when this process last looked, without looking again. It may have been merged, split off or erased
   * since, here or in another process: the profile's own document says whether it still has the identifier.
   */
  lastOwner(tenantId: string, identifier: Identifier): string | undefined {
    // Without a note of the use, which would take as long again: what is resolved and what is looked up notes it.
    return this.#cache.peek(cacheKey(tenantId, identifierKey(identifier)));
  }

  /** The owner now. */
  async owner(tenantId: string, identifier: Identifier): Promise<string | undefined> {
    const forgotten = this.#forgotten;
    const [link] = await this.#store.find(tenantId, [identifier]);
    if (link && forgotten === this.#forgotten)
      this.#cache.set(cacheKey(tenantId, identifierKey(identifier)), link.profileId);
    return link?.profileId;
  }

  /** Forgets what is cached of the identifiers, after an unmerge or an erasure. */
  forget(tenantId: string, identifiers: readonly Identifier[]): void {
    this.#forgotten++;
    for (const identifier of identifiers) this.#cache.delete(cacheKey(tenantId, identifierKey(identifier)));
  }

  /** Forgets everything where an identifier was taken from a profile since the last call, here or in another process. */
  async follow(): Promise<void> {
    const splits = await this.#store.splits();
    if (splits === this.#splits) return;
    this.#splits = splits;
    this.#forgotten++;
    this.#cache.clear();
  }

  async #read(tenantId: string, requests: readonly ResolveRequest[], cached: boolean): Promise<Known> {
    const owners = new Map<string, string>();
    const unknown = new Map<string, Identifier>();
    for (const { identifiers } of requests)
      for (const identifier of identifiers) {
        const key = identifierKey(identifier);
        const owner = cached ? this.#cache.get(cacheKey(tenantId, key)) : undefined;
        if (owner !== undefined) owners.set(key, owner);
        else unknown.set(key, identifier);
      }
    const fresh = [...unknown.values()];
    if (fresh.length === 0) return { owners, fresh, erased: new Map() };
    for (const link of await this.#store.find(tenantId, fresh)) owners.set(identifierKey(link), link.profileId);
    const unowned = fresh.filter((identifier) => !owners.has(identifierKey(identifier)));
    return { owners, fresh, erased: unowned.length > 0 ? await this.#store.erasedAt(tenantId, unowned) : new Map() };
  }

  async #decide(
    tenantId: string,
    requests: readonly ResolveRequest[],
    owners: ReadonlyMap<string, string>,
  ): Promise<{ plan: ResolutionPlan; resolutions: Resolution[] }> {
    const limits = new Map(this.#typesOf(tenantId).map(({ type, limit }) => [type, limit]));
    const details = new Map<string, Identifier[]>();
    for (;;) {
      const plan = new ResolutionPlan(owners, details, limits, this.#ids);
      try {
        return { plan, resolutions: requests.map((request) => plan.resolve(request)) };
      } catch (needed) {
        if (!(needed instanceof DetailsNeeded)) throw needed;
        await this.#readDetails(tenantId, needed, requests, owners, details);
      }
    }
  }

  /** Reads the identifiers of every profile of a call that is not of one known profile, in one query. */
  async #readDetails(
    tenantId: string,
    needed: DetailsNeeded,
    requests: readonly ResolveRequest[],
    owners: ReadonlyMap<string, string>,
    details: Map<string, Identifier[]>,
  ): Promise<void> {
    const wanted = new Set(needed.profileIds);
    for (const { identifiers } of requests) {
      const ofCall = identifiers.map((identifier) => owners.get(identifierKey(identifier)));
      if (ofCall.some((owner) => owner !== ofCall[0]))
        for (const owner of ofCall) if (owner !== undefined) wanted.add(owner);
    }
    const missing = [...wanted].filter((profileId) => !details.has(profileId));
    for (const profileId of missing) details.set(profileId, []);
    for (const { profileId, type, value } of await this.#store.linksOf(tenantId, missing))
      details.get(profileId)?.push({ type, value });
  }

  #remember(tenantId: string, plan: ResolutionPlan, identifiers: readonly Identifier[]): void {
    for (const identifier of identifiers) {
      const owner = plan.ownerOf(identifier);
      if (owner !== undefined) this.#cache.set(cacheKey(tenantId, identifierKey(identifier)), owner);
    }
  }
}

interface Known {
  owners: Map<string, string>;
  /** Identifiers that were looked up, not taken from the cache. */
  fresh: Identifier[];
  erased: ReadonlyMap<string, number>;
}

const isErased = ({ identifiers, at }: ResolveRequest, erased: ReadonlyMap<string, number>): boolean =>
  erased.size > 0 &&
  identifiers.some((identifier) => at <= (erased.get(identifierKey(identifier)) ?? Number.NEGATIVE_INFINITY));

const cacheKey = (tenantId: string, key: string): string => `${tenantId}\u0000${key}`;
