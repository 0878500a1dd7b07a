import type { BulkItem } from './bulk-writer.js';
import type { Elastic } from './elastic.js';
import { away } from './elastic-error.js';
import { type EventSource, eventItem, storedEvent } from './event-document.js';
import type { EventLineage } from './event-lineage.js';
import { foundPages } from './found-pages.js';

const MOST_ORIGINS = 1_000;
const ROUNDS = 20;

/** Writes under whose name events count, as the lineage has it. */
export class EventOwners {
  readonly #elastic: Elastic;
  readonly #index: string;
  readonly #lineage: EventLineage;
  readonly #refresh: () => Promise<void>;

  constructor(elastic: Elastic, index: string, lineage: EventLineage, refresh: () => Promise<void>) {
    this.#elastic = elastic;
    this.#index = index;
    this.#lineage = lineage;
    this.#refresh = refresh;
  }

  /**
   * Lets every event of the profile, and of those that were merged into it, count for the root of its chain. Merges further up may be
   * under way in other processes: whoever writes the lineage first and the events after, and looks at the lineage once more
   * when those are written, leaves nothing behind, since one of the two sees what the other did.
   */
  async settle(tenantId: string, profileId: string): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const root = await this.#lineage.rootOf(tenantId, profileId);
      const family = await this.#lineage.familyOf(tenantId, profileId);
      await this.#refresh();
      let clean = true;
      for (let from = 0; from < family.length; from += MOST_ORIGINS)
        if (!(await this.#rewrite(tenantId, family.slice(from, from + MOST_ORIGINS), root))) clean = false;
      if (clean && (await this.#lineage.rootOf(tenantId, profileId)) === root) return;
    }
    throw away('The events of a merged profile are being written by others just now.');
  }

  /** Answers false when somebody else wrote one of them meanwhile. */
  async #rewrite(tenantId: string, origins: readonly string[], root: string): Promise<boolean> {
    const query = {
      bool: {
        filter: [{ term: { tenantId } }, { terms: { origin: origins } }],
        must_not: [{ term: { profileId: root } }],
      },
    };
    let clean = true;
    const found = foundPages<EventSource>(this.#elastic, {
      index: this.#index,
      tenantId,
      query,
      source: true,
      versions: true,
    });
    for await (const hits of found) {
      const outcomes = await this.#elastic.bulk.write(
        hits.map(({ _index, _id, _seq_no, _primary_term, _source }): BulkItem => {
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
      if (outcomes.includes('conflict')) clean = false;
    }
    return clean;
  }
}
