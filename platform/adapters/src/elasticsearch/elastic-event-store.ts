import { decodeCursor, invalid, type Page, toPage } from '@cdp/core/kernel';
import {
  type AppliedPosition,
  EventStore,
  type HistoryQuery,
  type StoredEvent,
  type TimelineQuery,
} from '@cdp/core/profile';
import type { estypes } from '@elastic/elasticsearch';
import type { BulkItem } from './bulk-writer.js';
import { deleteFound } from './delete-found.js';
import { isDigested, keywordOf, routingOf } from './document-id.js';
import type { Elastic } from './elastic.js';
import { away } from './elastic-error.js';
import { ElasticPositions } from './elastic-positions.js';
import {
  assertProfileId,
  assertStorable,
  type EventSource,
  eventIndex,
  eventItem,
  isProfileId,
  storedEvent,
} from './event-document.js';
import { readHistory } from './event-history.js';
import { EventIndices } from './event-indices.js';
import { EventLineage } from './event-lineage.js';
import { EventOwners } from './event-owners.js';
import { type Query, search } from './search.js';

/** Names of one shard that a count takes into account, so that the most frequent of a tenant are counted exactly. */
const COUNTED_NAMES = 10_000;

/** Events by tenant. */
type Batches = ReadonlyMap<string, readonly StoredEvent[]>;

interface NameBucket {
  key: string;
  doc_count: number;
  last: { value: number };
}

/**
 * Events in an index a month, each under its message's id, and made once: a batch that comes again adds nothing, whether the
 * position that is written after it was reached or not. An event says whom it counts for; a merge writes that anew in each,
 * so that every question finds it as it is.
 */
export class ElasticEventStore extends EventStore {
  readonly #elastic: Elastic;
  readonly #indices: EventIndices;
  readonly #positions: ElasticPositions;
  readonly #lineage: EventLineage;
  readonly #owners: EventOwners;
  #closed = false;

  constructor(elastic: Elastic) {
    super();
    this.#elastic = elastic;
    this.#indices = new EventIndices(elastic);
    this.#positions = new ElasticPositions(elastic, 'events');
    this.#lineage = new EventLineage(elastic);
    this.#owners = new EventOwners(elastic, this.#indices, this.#lineage);
  }

  override async append(events: ReadonlyMap<string, readonly StoredEvent[]>, position: AppliedPosition): Promise<void> {
    this.#assertOpen();
    for (const batch of events.values()) batch.forEach(assertStorable);
    const [stands, merged] = await Promise.all([this.#positions.of(position.partition), this.#mergedOf(events)]);
    if ((stands ?? 0) >= position.next) return;
    await this.#write(events, merged);
    // Merges further up that came while these were being written did not find them.
    for (const [tenantId, roots] of merged) {
      const now = await this.#lineage.rootsOf(tenantId, roots.keys());
      for (const [origin, root] of roots) if (now.get(origin) !== root) await this.#owners.settle(tenantId, origin);
    }
    await this.#positions.advance(position);
  }

  override async appliedPosition(partition: number): Promise<number | undefined> {
    this.#assertOpen();
    return this.#positions.of(partition);
  }

  override async refresh(): Promise<void> {
    this.#assertOpen();
    await this.#indices.refresh();
  }

  override async timeline(tenantId: string, profileId: string, query: TimelineQuery): Promise<Page<StoredEvent>> {
    this.#assertOpen();
    const after = query.cursor === undefined ? undefined : timelineKey(query.cursor);
    if (!isProfileId(profileId)) return { items: [], nextCursor: null };
    const filter: Query[] = [{ term: { tenantId } }, { term: { profileId } }];
    if (query.name !== undefined) filter.push({ term: { name: keywordOf(query.name) } });
    if (query.from !== undefined) filter.push({ range: { timestamp: { gte: query.from } } });
    if (query.to !== undefined) filter.push({ range: { timestamp: { lt: query.to } } });
    const hits = await this.#find(tenantId, {
      query: { bool: { filter } },
      sort: [{ timestamp: 'desc' }, { messageId: 'desc' }],
      size: query.limit + 1,
      ...(after && { search_after: after }),
    });
    const { items, nextCursor } = toPage(hits, query.limit, ({ sort }) => sort as (string | number)[]);
    return { items: items.map(({ _source }) => storedEvent(_source as EventSource)), nextCursor };
  }

  override async find(tenantId: string, messageId: string): Promise<StoredEvent | undefined> {
    this.#assertOpen();
    const filter = [{ term: { tenantId } }, { term: { messageId: keywordOf(messageId) } }];
    const [hit] = await this.#find(tenantId, { query: { bool: { filter } }, size: 1 });
    return hit && storedEvent(hit._source as EventSource);
  }

  override async history(tenantId: string, queries: readonly HistoryQuery[]): Promise<Map<string, StoredEvent[]>> {
    this.#assertOpen();
    return readHistory(this.#elastic, this.#indices.pattern, tenantId, queries);
  }

  override async countByName(
    tenantId: string,
    limit: number,
  ): Promise<{ name: string; count: number; lastSeenAt: number }[]> {
    this.#assertOpen();
    const { aggregations } = await search<never>(
      this.#elastic,
      {
        index: this.#indices.pattern,
        routing: routingOf(tenantId),
        body: {
          query: ofTenant(tenantId),
          size: 0,
          aggs: {
            names: {
              terms: {
                field: 'name',
                size: limit,
                shard_size: Math.max(limit, COUNTED_NAMES),
                order: [{ _count: 'desc' }, { _key: 'asc' }],
              },
              aggs: { last: { max: { field: 'timestamp' } } },
            },
          },
        },
      },
      'answer',
    );
    const buckets = (aggregations?.names as { buckets: NameBucket[] } | undefined)?.buckets ?? [];
    return Promise.all(
      buckets.map(async ({ key, doc_count, last }) => ({
        name: isDigested(key) ? await this.#nameOf(tenantId, key) : key,
        count: doc_count,
        lastSeenAt: last.value,
      })),
    );
  }

  override async moveHistory(tenantId: string, from: string, to: string): Promise<void> {
    this.#assertOpen();
    assertProfileId(from);
    assertProfileId(to);
    const before = await this.#lineage.rootsOf(tenantId, [from, to]);
    // The two were merged the other way round before: that merge gives way, or both histories would count for nobody.
    if (before.get(to) === from) await this.restoreHistory(tenantId, to);
    await this.#lineage.merge(tenantId, from, to);
    if (before.has(from) || before.get(to) === from) await this.#owners.settle(tenantId, from);
    else await this.#owners.handOver(tenantId, from, before.get(to) ?? to);
  }

  override async restoreHistory(tenantId: string, from: string): Promise<void> {
    this.#assertOpen();
    assertProfileId(from);
    await this.#lineage.forget(tenantId, [from]);
    await this.#owners.settle(tenantId, from);
  }

  override async erase(tenantId: string, profileId: string): Promise<number> {
    this.#assertOpen();
    if (!isProfileId(profileId)) return 0;
    const family = await this.#lineage.familyOf(tenantId, profileId);
    await this.#indices.refresh();
    const whose = [{ term: { profileId } }, { terms: { origin: family } }];
    const erased = await this.#deleteAll(tenantId, {
      bool: { filter: [{ term: { tenantId } }], should: whose, minimum_should_match: 1 },
    });
    await this.#lineage.forget(tenantId, family);
    return erased;
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    this.#assertOpen();
    await this.#indices.refresh();
    await this.#deleteAll(tenantId, ofTenant(tenantId));
    await this.#lineage.deleteTenant(tenantId);
  }

  /**
   * Ends the keeping of months that were over before that instant (epoch milliseconds), of all tenants: whole indices are dropped, so
   * that it costs nothing however many events there were. Answers the names of the indices.
   */
  async dropMonthsBefore(instant: number): Promise<string[]> {
    this.#assertOpen();
    return this.#indices.dropBefore(instant);
  }

  override async close(): Promise<void> {
    this.#closed = true;
  }

  /** By tenant, the roots of those profiles that were merged. */
  async #mergedOf(events: ReadonlyMap<string, readonly StoredEvent[]>): Promise<Map<string, Map<string, string>>> {
    const merged = new Map<string, Map<string, string>>();
    for (const [tenantId, batch] of events) {
      const roots = await this.#lineage.rootsOf(tenantId, new Set(batch.map(({ profileId }) => profileId)));
      if (roots.size > 0) merged.set(tenantId, roots);
    }
    return merged;
  }

  async #write(events: Batches, merged: ReadonlyMap<string, ReadonlyMap<string, string>>): Promise<void> {
    const indices = new Set<string>();
    for (const batch of events.values()) for (const event of batch) indices.add(eventIndex(event));
    await this.#indices.ensure([...indices].map((index) => this.#elastic.index(index)));
    try {
      await this.#elastic.bulk.write(this.#itemsOf(events, merged));
    } catch (error) {
      // One of the months may have been dropped by another process: the next try makes it.
      this.#indices.forget();
      throw error;
    }
  }

  *#itemsOf(events: Batches, merged: ReadonlyMap<string, ReadonlyMap<string, string>>): Generator<BulkItem> {
    for (const [tenantId, batch] of events)
      for (const event of batch) {
        const origin = event.profileId;
        const profileId = merged.get(tenantId)?.get(origin) ?? origin;
        const index = this.#elastic.index(eventIndex(event));
        yield { ...eventItem(tenantId, event, { origin, profileId }), action: 'create', index };
      }
  }

  async #find(tenantId: string, body: Query): Promise<estypes.SearchHit<EventSource>[]> {
    const { pattern: index } = this.#indices;
    return (await search<EventSource>(this.#elastic, { index, routing: routingOf(tenantId), body }, 'answer')).hits
      .hits;
  }

  async #nameOf(tenantId: string, keyword: string): Promise<string> {
    const filter = [{ term: { tenantId } }, { term: { name: keyword } }];
    const [hit] = await this.#find(tenantId, { query: { bool: { filter } }, size: 1 });
    return hit === undefined ? keyword : storedEvent(hit._source as EventSource).name;
  }

  /** Also what others write meanwhile. */
  async #deleteAll(tenantId: string, query: Query): Promise<number> {
    let deleted = 0;
    for (;;) {
      const found = await deleteFound(this.#elastic, { index: this.#indices.pattern, tenantId, query });
      if (found === 0) return deleted;
      deleted += found;
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw away('The event store is closed.');
  }
}

const ofTenant = (tenantId: string): Query => ({ bool: { filter: { term: { tenantId } } } });

function timelineKey(cursor: string): (string | number)[] {
  const key = decodeCursor(cursor, 2);
  if (!Number.isSafeInteger(key[0]) || typeof key[1] !== 'string')
    throw invalid('cursor', 'Not a cursor of this list.');
  return key;
}
