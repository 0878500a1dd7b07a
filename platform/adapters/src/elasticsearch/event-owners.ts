import type { BulkItem } from './bulk-writer.js';
import { routingOf } from './document-id.js';
import type { Elastic } from './elastic.js';
import { away } from './elastic-error.js';
import { type EventSource, eventItem, storedEvent } from './event-document.js';
import type { EventIndices } from './event-indices.js';
import type { EventLineage } from './event-lineage.js';
import { type Query, search } from './search.js';

const MOST_ORIGINS = 1_000;
const PAGE = 1_000;
const ROUNDS = 20;

/**
 * Writes under whose name events count, as the lineage has it. Merges further up a chain may be under way in other processes: whoever
 * writes the lineage first and the events after, and looks at the lineage once more when those are written, leaves nothing
 * behind, since one of the two sees what the other did.
 */
export class EventOwners {
  readonly #elastic: Elastic;
  readonly #indices: EventIndices;
  readonly #lineage: EventLineage;

  constructor(elastic: Elastic, indices: EventIndices, lineage: EventLineage) {
    this.#elastic = elastic;
    this.#indices = indices;
    this.#lineage = lineage;
  }

  /**
   * Lets the events that count for a profile, which had not been merged before, count for the root of the chain that it was merged
   * into: none of them is elsewhere, so that nobody needs to know who its family is.
   */
  async handOver(tenantId: string, profileId: string, root: string): Promise<void> {
    await this.#rewrite(tenantId, { bool: { filter: [{ term: { tenantId } }, { term: { profileId } }] } }, root);
    if ((await this.#lineage.rootOf(tenantId, profileId)) !== root) await this.settle(tenantId, profileId);
  }

  /**
   * Lets every event of the profile, and of those that were merged into it, count for the root of its chain, wherever they are, such as
   * after a merge that ended half way.
   */
  async settle(tenantId: string, profileId: string): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const root = await this.#lineage.rootOf(tenantId, profileId);
      const family = await this.#lineage.familyOf(tenantId, profileId);
      for (let from = 0; from < family.length; from += MOST_ORIGINS) {
        const filter = [{ term: { tenantId } }, { terms: { origin: family.slice(from, from + MOST_ORIGINS) } }];
        await this.#rewrite(tenantId, { bool: { filter, must_not: [{ term: { profileId: root } }] } }, root);
      }
      if ((await this.#lineage.rootOf(tenantId, profileId)) === root) return;
    }
    throw away('The profiles that a profile was merged into are being merged on and on.');
  }

  /** What is written is not found again, so that the first page is all that there is to do; what others wrote meanwhile is. */
  async #rewrite(tenantId: string, query: Query, root: string): Promise<void> {
    for (let conflicts = 0; conflicts < ROUNDS; ) {
      await this.#indices.refresh();
      const { hits } = await search<EventSource>(this.#elastic, {
        index: this.#indices.pattern,
        routing: routingOf(tenantId),
        body: { query, size: PAGE, sort: ['_doc'], seq_no_primary_term: true },
      });
      if (hits.hits.length === 0) return;
      const outcomes = await this.#elastic.bulk.write(
        hits.hits.map(({ _index, _id, _seq_no, _primary_term, _source }): BulkItem => {
          const source = _source as EventSource;
          return {
            ...eventItem(tenantId, storedEvent(source), { origin: source.origin, profileId: root }),
            action: 'index',
            index: _index,
            id: _id as string,
            seen: { seqNo: _seq_no as number, primaryTerm: _primary_term as number },
          };
        }),
      );
      if (outcomes.includes('conflict')) conflicts++;
      else if (hits.hits.length < PAGE) return;
    }
    throw away('The events of a merged profile are being written by others just now.');
  }
}
