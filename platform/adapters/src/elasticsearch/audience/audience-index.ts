import type { Client, estypes } from '@elastic/elasticsearch';
import { allOf, NOTHING, type Query } from './query.js';

/** Buckets of one page; the engine's own bound on all buckets of an answer is 65,536. */
export const PAGE = 20_000;

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
  /** Buckets of the first page, for who may not want all of them; later ones grow. */
  first?: number | undefined;
}

type Which = 'profiles' | 'events';

/**
 * The two indices that rules are answered from, for one tenant at a time. What goes on for several pages looks at one view of
 * the index: that of its first page.
 */
export class AudienceIndex {
  readonly #client: Client;
  readonly #names: Record<Which, string>;

  constructor(client: Client, prefix = '') {
    this.#client = client;
    this.#names = { profiles: `${prefix}profiles_v1`, events: `${prefix}events_v1-*` };
  }

  async refresh(): Promise<void> {
    await this.#client.indices.refresh({ index: Object.values(this.#names), ignore_unavailable: true });
  }

  /** How many documents of a tenant there are, of active profiles or of events. */
  async count(which: Which, tenantId: string, query: Query): Promise<number> {
    const [count] = await this.counts(which, tenantId, [query]);
    return count ?? 0;
  }

  async counts(which: Which, tenantId: string, queries: readonly Query[]): Promise<number[]> {
    const asked = queries.filter((query) => query !== NOTHING);
    if (asked.length === 0) return queries.map(() => 0);
    const { responses } = await this.#client.msearch({
      index: this.#names[which],
      routing: tenantId,
      ignore_unavailable: true,
      searches: asked.flatMap((query) => [
        {},
        { size: 0, track_total_hits: true, query: within(which, tenantId, query) },
      ]),
    });
    const counts = responses.map((response) => {
      if ('error' in response) throw new Error(`Elasticsearch: ${JSON.stringify(response.error)}`);
      const { total } = response.hits;
      return typeof total === 'number' ? total : (total?.value ?? 0);
    });
    return queries.map((query) => (query === NOTHING ? 0 : (counts.shift() ?? 0)));
  }

  /** Ids of the active profiles of a query, in their order, all at once: at most `most`. */
  async ids(tenantId: string, query: Query, most: number): Promise<string[]> {
    if (query === NOTHING) return [];
    const answer = await this.#search('profiles', tenantId, query, {}, most, undefined);
    return answer.buckets.map(({ key }) => key.profile);
  }

  /** Buckets of a query's documents by profile, in the order of ids. */
  async *buckets(which: Which, tenantId: string, query: Query, paging: Paging = {}): AsyncGenerator<Bucket[]> {
    if (query === NOTHING) return;
    const view = await this.#open(which, tenantId);
    try {
      let size = paging.first ?? PAGE;
      let after: estypes.AggregationsCompositeAggregateKey | undefined;
      for (;;) {
        const answer = await this.#search(
          which,
          tenantId,
          query,
          { ...paging, ...(after && { key: after }) },
          size,
          view,
        );
        if (answer.buckets.length > 0) yield answer.buckets;
        if (answer.buckets.length < size || answer.after_key === undefined) return;
        after = answer.after_key;
        size = Math.min(size * 4, PAGE);
      }
    } finally {
      await this.#client.closePointInTime({ id: view.id }).catch(() => undefined);
    }
  }

  async #open(which: Which, tenantId: string): Promise<{ id: string }> {
    const { id } = await this.#client.openPointInTime({
      index: this.#names[which],
      keep_alive: KEEP_ALIVE,
      routing: tenantId,
      ignore_unavailable: true,
    });
    return { id };
  }

  async #search(
    which: Which,
    tenantId: string,
    query: Query,
    { valueField, aggregations, after, key }: Paging & { key?: estypes.AggregationsCompositeAggregateKey },
    size: number,
    view: { id: string } | undefined,
  ): Promise<{ buckets: Bucket[]; after_key?: estypes.AggregationsCompositeAggregateKey }> {
    const sources = [
      { profile: { terms: { field: 'profileId' } } },
      ...(valueField === undefined ? [] : [{ value: { terms: { field: valueField } } }]),
    ];
    // The last of all values of a profile stands before the first of the next one.
    const start =
      after === undefined ? undefined : { profile: after, ...(valueField !== undefined && { value: '\uffff' }) };
    const response = await this.#client.search<unknown, { by?: { buckets: Bucket[]; after_key?: never } }>({
      ...(view
        ? { pit: { id: view.id, keep_alive: KEEP_ALIVE } }
        : { index: this.#names[which], routing: tenantId, ignore_unavailable: true }),
      size: 0,
      track_total_hits: false,
      query: within(which, tenantId, query),
      aggregations: {
        by: {
          composite: { size, sources, ...((key ?? start) && { after: key ?? start }) } as never,
          ...(aggregations && { aggregations }),
        },
      },
    });
    if (view && response.pit_id !== undefined) view.id = response.pit_id;
    return response.aggregations?.by ?? { buckets: [] };
  }
}

const within = (which: Which, tenantId: string, query: Query): Query =>
  allOf([{ term: { tenantId } }, ...(which === 'profiles' ? [{ term: { state: 'active' } }] : []), query]);
