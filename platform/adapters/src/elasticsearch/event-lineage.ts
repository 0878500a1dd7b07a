import { deleteFound } from './delete-found.js';
import { documentId, routingOf } from './document-id.js';
import type { Elastic } from './elastic.js';
import { unreadable } from './elastic-error.js';
import { search } from './search.js';

interface Merge {
  tenantId: string;
  origin: string;
  owner: string;
}

const MOST_AT_ONCE = 1_000;

/**
 * Whose events count for whom: each merge is one document, `origin` was merged into `owner`, and chains of them end at a root. Read
 * upwards by id, which sees at once what anybody wrote.
 */
export class EventLineage {
  readonly #elastic: Elastic;
  readonly #index: string;

  constructor(elastic: Elastic) {
    this.#elastic = elastic;
    this.#index = elastic.index('lineage_v1');
  }

  /** The end of the chain of each profile that was merged; the others are left out. */
  async rootsOf(tenantId: string, profileIds: Iterable<string>): Promise<Map<string, string>> {
    const owners = new Map<string, string>();
    for (let wanted = new Set(profileIds); wanted.size > 0; ) {
      const found = await this.#ownersOf(tenantId, [...wanted]);
      for (const [origin, owner] of found) owners.set(origin, owner);
      wanted = new Set([...found.values()].filter((owner) => !owners.has(owner)));
    }
    return new Map([...owners.keys()].map((origin) => [origin, endOf(origin, owners)]));
  }

  async rootOf(tenantId: string, profileId: string): Promise<string> {
    return (await this.rootsOf(tenantId, [profileId])).get(profileId) ?? profileId;
  }

  /** The profile and all whose chains lead to it. */
  async familyOf(tenantId: string, profileId: string): Promise<string[]> {
    await this.#refresh();
    const family = new Set([profileId]);
    for (let owners = [profileId]; owners.length > 0; ) {
      const found: string[] = [];
      for (let from = 0; from < owners.length; from += MOST_AT_ONCE)
        found.push(...(await this.#mergedInto(tenantId, owners.slice(from, from + MOST_AT_ONCE))));
      owners = found.filter((origin) => !family.has(origin));
      for (const origin of owners) family.add(origin);
    }
    return [...family];
  }

  async merge(tenantId: string, origin: string, owner: string): Promise<void> {
    const merge: Merge = { tenantId, origin, owner };
    await this.#elastic.bulk.write([
      {
        action: 'index',
        index: this.#index,
        id: documentId(tenantId, origin),
        routing: routingOf(tenantId),
        source: JSON.stringify(merge),
      },
    ]);
  }

  async forget(tenantId: string, origins: readonly string[]): Promise<void> {
    await this.#elastic.bulk.write(
      origins.map((origin) => ({
        action: 'delete' as const,
        index: this.#index,
        id: documentId(tenantId, origin),
        routing: routingOf(tenantId),
      })),
    );
  }

  async deleteTenant(tenantId: string): Promise<void> {
    await this.#refresh();
    await deleteFound(this.#elastic, {
      index: this.#index,
      tenantId,
      query: { bool: { filter: { term: { tenantId } } } },
    });
  }

  async #ownersOf(tenantId: string, origins: readonly string[]): Promise<Map<string, string>> {
    const owners = new Map<string, string>();
    for (let from = 0; from < origins.length; from += MOST_AT_ONCE) {
      const ids = origins.slice(from, from + MOST_AT_ONCE).map((origin) => documentId(tenantId, origin));
      const { docs } = await this.#elastic.work((client, bounds) =>
        client.mget<Merge>(
          {
            index: this.#index,
            routing: routingOf(tenantId),
            ids,
            filter_path: ['docs._source', 'docs.error'],
          },
          bounds,
        ),
      );
      // Of what is not there nothing is left by the filter.
      for (const item of docs ?? []) {
        if ('error' in item) throw unreadable(item.error);
        if (item._source?.tenantId === tenantId) owners.set(item._source.origin, item._source.owner);
      }
    }
    return owners;
  }

  async #mergedInto(tenantId: string, owners: readonly string[]): Promise<string[]> {
    const origins: string[] = [];
    const query = { bool: { filter: [{ term: { tenantId } }, { terms: { owner: owners } }] } };
    let after: unknown;
    for (;;) {
      const { hits } = await search<Merge>(this.#elastic, {
        index: this.#index,
        routing: routingOf(tenantId),
        body: {
          query,
          sort: [{ origin: 'asc' }],
          size: MOST_AT_ONCE,
          ...(after !== undefined && { search_after: after }),
        },
      });
      for (const { _source } of hits.hits) if (_source) origins.push(_source.origin);
      if (hits.hits.length < MOST_AT_ONCE) break;
      after = hits.hits[hits.hits.length - 1]?.sort;
    }
    return origins;
  }

  async #refresh(): Promise<void> {
    await this.#elastic.work((client, bounds) => client.indices.refresh({ index: this.#index }, bounds));
  }
}

function endOf(origin: string, owners: ReadonlyMap<string, string>): string {
  let at = origin;
  // A chain that two merges at the same instant closed to a ring has no end: its least stands for it, for all alike.
  const passed = new Set([at]);
  for (let next = owners.get(at); next !== undefined; next = owners.get(at)) {
    if (passed.has(next)) return [...ringFrom(next, owners)].sort()[0] as string;
    passed.add(next);
    at = next;
  }
  return at;
}

function ringFrom(start: string, owners: ReadonlyMap<string, string>): Set<string> {
  const ring = new Set<string>();
  for (let at: string | undefined = start; at !== undefined && !ring.has(at); at = owners.get(at)) ring.add(at);
  return ring;
}
