import { routingOf } from './document-id.js';
import type { Elastic } from './elastic.js';
import { type FoundQuery, foundPages } from './found-pages.js';

/**
 * Deletes all that the query finds and lets every search see it; answers how many there were. The index has to be refreshed
 * before, or what was written a moment ago is not found.
 */
export async function deleteFound(
  elastic: Elastic,
  query: Pick<FoundQuery, 'index' | 'tenantId' | 'query'>,
): Promise<number> {
  let deleted = 0;
  for await (const hits of foundPages(elastic, query)) {
    const outcomes = await elastic.bulk.write(
      hits.map(({ _index, _id }) => ({
        action: 'delete',
        index: _index,
        id: _id as string,
        routing: routingOf(query.tenantId),
      })),
    );
    deleted += outcomes.filter((outcome) => outcome === 'done').length;
  }
  if (deleted > 0) await elastic.work((client, bounds) => client.indices.refresh({ index: query.index }, bounds));
  return deleted;
}
