import type { estypes } from '@elastic/elasticsearch';
import type { Elastic } from './elastic.js';

/** A query, as Elasticsearch writes it. */
export type Query = { [name: string]: unknown };

export interface Search {
  /** Name or pattern; none where `body` names a point in time. */
  index?: string;
  routing?: string;
  /** `query`, `sort`, `size`, `search_after`, `aggs` and so on, as Elasticsearch writes them. */
  body: Query;
}

export type Found<Source, Aggregations = unknown> = estypes.SearchResponse<
  Source,
  Aggregations extends Record<string, estypes.AggregationsAggregate>
    ? Aggregations
    : Record<string, estypes.AggregationsAggregate>
>;

/**
 * Searches, in the time of `patience`. What not every shard has answered is no answer: it fails with `unavailable`, or counts
 * would be too small and members missing in silence.
 */
export function search<Source, Aggregations = unknown>(
  elastic: Elastic,
  { index, routing, body }: Search,
  patience: 'answer' | 'work' = 'work',
): Promise<Found<Source, Aggregations>> {
  return elastic[patience]((client, bounds) =>
    client.transport.request<Found<Source, Aggregations>>(
      {
        method: 'POST',
        path: index === undefined ? '/_search' : `/${encodeURIComponent(index)}/_search`,
        querystring: { allow_partial_search_results: false, ...(routing !== undefined && { routing }) },
        body: { track_total_hits: false, ...body },
      },
      bounds,
    ),
  );
}
