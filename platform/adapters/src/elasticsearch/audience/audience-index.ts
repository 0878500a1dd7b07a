import type { estypes } from '@elastic/elasticsearch';
import { routingOf } from '../document-id.js';
import type { Elastic } from '../elastic.js';
import { type ElasticCause, responseError } from '../elastic-error.js';
import { search } from '../search.js';
import { allOf, NOTHING, type Query } from './query.js';

/** Buckets of one page; the engine's own bound on all buckets of an answer is 65,536. */
const PAGE = 20_000;

/** How long the engine keeps a view open between two pages. */
const KEEP_ALIVE = '5m';

export interface Bucket {
  key: { profile: string; value?: string };
  doc_count: number;
  [aggregation: string]: unknown;
}

export interface Paging {
  /** The values of a field beside the profile: a bucket for each. */
  valueField?: string;
  aggregations?: Record<string, estypes.AggregationsAggregationContainer>;
  /** Profiles after this id alone. */
  after?: string | undefined;
  /** Buckets of one page at most. */
  most?: number | undefined;
  /** Buckets of the first page, for who may not want all of them; later ones grow. */
  first?: number | undefined;
}

type Which = 'profiles' | 'events';

interface Answer {
  buckets: Bucket[];
  after_key?: estypes.AggregationsCompositeAggregateKey;
}

/**
 * The two indices that rules are answered from, for one tenant at a time. What goes on for several pages looks at one view of
 * the index: that of its first page.
 */
export class AudienceIndex {
  readonly #elastic: Elastic;
  readonly #names: Record<Which, string>;

  readonly #page: number;

  constructor(elastic: Elastic, page = PAGE) {
    this.#elastic = elastic;
    this.#page = page;
    this.#names = { profiles: elastic.index('profiles_v1'), events: elastic.index('events_v1-*') };
  }

  async refresh(): Promise<void> {
    await this.#elastic.work((client, bounds) => client.indices.refresh({ index: Object.values(this.#names) }, bounds));
  }

  /** How many documents of a tenant there are, of active profiles or of events. */
  async count(which: Which, tenantId: string, query: Query): Promise<number> {
    const [count] = await this.counts(which, tenantId, [query]);
    return count ?? 0;
  }

  /** As `count`, in one request. */
  async counts(which: Which, tenantId: string, queries: readonly Query[]): Promise<number[]> {
    const asked = queries.filter((query) => query !== NOTHING);
    if (asked.length === 0) return queries.map(() => 0);
    const { responses } = await this.#elastic.work((client, bounds) =>
      client.msearch(
        {
          index: this.#names[which],
          routing: routingOf(tenantId),
          searches: asked.flatMap((query) => [
            { allow_partial_search_results: false },
            { size: 0, track_total_hits: true, query: within(which, tenantId, query) },
          ]),
        },
        bounds,
      ),
    );
    const counts = responses.map((response) => {
      if ('error' in response) throw responseError(response.status, response.error as ElasticCause);
      const { total } = response.hits;
      return typeof total === 'number' ? total : (total?.value ?? 0);
    });
    let at = 0;
    return queries.map((query) => (query === NOTHING ? 0 : (counts[at++] ?? 0)));
  }

  /** Ids of the active profiles of a query, in their order, all at once: at most `most`. */
  async ids(tenantId: string, query: Query, most: number): Promise<string[]> {
    if (query === NOTHING) return [];
    const { buckets } = await this.#search('profiles', tenantId, query, {}, most, undefined);
    return buckets.map(({ key }) => key.profile);
  }

  /** Buckets of a query's documents by profile, in the order of ids. */
  async *buckets(which: Which, tenantId: string, query: Query, paging: Paging = {}): AsyncGenerator<Bucket[]> {
    if (query === NOTHING) return;
    const view = await this.#open(which, tenantId);
    try {
      const most = Math.min(paging.most ?? this.#page, this.#page);
      let size = Math.min(paging.first ?? most, most);
      let key: Answer['after_key'];
      for (;;) {
        const answer = await this.#search(which, tenantId, query, { ...paging, key }, size, view);
        if (answer.buckets.length > 0) yield answer.buckets;
        if (answer.buckets.length < size || answer.after_key === undefined) return;
        key = answer.after_key;
        size = Math.min(size * 4, most);
      }
    } finally {
      // What is not closed ends by itself.
      await this.#elastic
        .work((client, bounds) => client.closePointInTime({ id: view.id }, bounds))
        .catch(() => undefined);
    }
  }

  async #open(which: Which, tenantId: string): Promise<{ id: string }> {
    const { id } = await this.#elastic.work((client, bounds) =>
      client.openPointInTime(
        { index: this.#names[which], keep_alive: KEEP_ALIVE, routing: routingOf(tenantId) },
        bounds,
      ),
    );
    return { id };
  }

  async #search(
    which: Which,
    tenantId: string,
    query: Query,
    { valueField, aggregations, after, key }: Paging & { key?: Answer['after_key'] },
    size: number,
    view: { id: string } | undefined,
  ): Promise<Answer> {
    const sources = [
      { profile: { terms: { field: 'profileId' } } },
      ...(valueField === undefined ? [] : [{ value: { terms: { field: valueField } } }]),
    ];
    // No value of a profile stands after this one, so the next bucket is that of the next profile.
    const last = valueField === undefined ? {} : { value: '\uffff' };
    const start = key ?? (after === undefined ? undefined : { profile: after, ...last });
    const response = await search<unknown>(this.#elastic, {
      ...(view === undefined && { index: this.#names[which], routing: routingOf(tenantId) }),
      body: {
        ...(view && { pit: { id: view.id, keep_alive: KEEP_ALIVE } }),
        size: 0,
        query: within(which, tenantId, query),
        aggs: {
          by: {
            composite: { size, sources, ...(start && { after: start }) },
            ...(aggregations && { aggs: aggregations }),
          },
        },
      },
    });
    if (view && response.pit_id !== undefined) view.id = response.pit_id;
    return (response.aggregations?.by as Answer | undefined) ?? { buckets: [] };
  }
}

const within = (which: Which, tenantId: string, query: Query): Query =>
  allOf([{ term: { tenantId } }, ...(which === 'profiles' ? [{ term: { state: 'active' } }] : []), query]);
