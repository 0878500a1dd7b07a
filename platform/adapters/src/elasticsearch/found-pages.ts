import type { estypes } from '@elastic/elasticsearch';
import { routingOf } from './document-id.js';
import type { Elastic } from './elastic.js';
import { type Found, type Query, search } from './search.js';

export interface FoundQuery {
  /** Name or pattern. */
  index: string;
  tenantId: string;
  query: Query;
  /** Default: as they come, which costs the least. */
  sort?: Query[];
  /** Default none. */
  source?: boolean;
  /** Answers with each document the state that a write can ask for. */
  versions?: boolean;
  /** Documents of a page. Default 1,000. */
  size?: number;
}

const KEEP = '2m';

/** The documents of one instant that a query finds, a page at a time, however many there are. */
export async function* foundPages<Source>(
  elastic: Elastic,
  {
    index,
    tenantId,
    query,
    sort = [{ _shard_doc: 'asc' }],
    source = false,
    versions = false,
    size = 1_000,
  }: FoundQuery,
): AsyncGenerator<estypes.SearchHit<Source>[]> {
  let { id } = await elastic.work((client, bounds) =>
    client.openPointInTime({ index, routing: routingOf(tenantId), keep_alive: KEEP }, bounds),
  );
  try {
    let after: estypes.SortResults | undefined;
    for (;;) {
      const answer: Found<Source> = await search<Source>(elastic, {
        body: {
          pit: { id, keep_alive: KEEP },
          query,
          sort,
          size,
          _source: source,
          ...(versions && { seq_no_primary_term: true }),
          ...(after && { search_after: after }),
        },
      });
      id = answer.pit_id ?? id;
      const { hits } = answer.hits;
      if (hits.length > 0) yield hits;
      if (hits.length < size) return;
      after = hits[hits.length - 1]?.sort;
    }
  } finally {
    // It ends by itself soon: that nobody could say so now is no reason to fail.
    await elastic.work((client, bounds) => client.closePointInTime({ id }, bounds)).catch(() => undefined);
  }
}
