import type { Clock, Json } from '../kernel/index.js';
import {
  type AggregateState,
  type EventStore,
  emptyState,
  fillFromHistory,
  type HistoryQuery,
  type ProfileDocument,
  type StoredEvent,
} from '../profile/index.js';
import type { LiveAggregate } from './live-aggregate.js';
import type { SegmentCatalog } from './segment-catalog.js';

export interface AggregateValuesParts {
  catalog: SegmentCatalog;
  events: EventStore;
  clock: Clock;
}

/** The figures of profiles, and the instant (epoch milliseconds) as of which they hold: windows move with time. */
export interface ProfileFigures {
  asOf: number;
  /** By the name of the aggregate, for each profile that was asked about, in their order; null where there is no figure. */
  values: Record<string, Json>[];
}

const NOTHING: AggregateState = emptyState();

/**
 * Reads the tenant's named aggregates off profiles. What a document does not hold yet, because the aggregate is newer, is
 * read from the history, for all profiles together.
 */
export class AggregateValues {
  readonly #parts: AggregateValuesParts;

  constructor(parts: AggregateValuesParts) {
    this.#parts = parts;
  }

  async of(tenantId: string, documents: readonly ProfileDocument[]): Promise<ProfileFigures> {
    const { catalog, clock } = this.#parts;
    const asOf = clock.now();
    const aggregates = catalog.aggregatesOf(tenantId);
    if (aggregates.length === 0) return { asOf, values: documents.map(() => ({})) };
    const lacking = documents.map((document) => this.#lacking(document, aggregates));
    const histories = await this.#histories(tenantId, documents, lacking, asOf);
    const values = documents.map(({ id, aggregates: states }, index) =>
      Object.fromEntries(
        aggregates.map((aggregate) => {
          const { name, kept } = aggregate;
          const state = lacking[index]?.includes(aggregate)
            ? fillFromHistory(kept, histories.get(id) ?? [], asOf)
            : (states[kept.key] ?? NOTHING);
          return [name, aggregate.figure(state, asOf)];
        }),
      ),
    );
    return { asOf, values };
  }

  /** Names of aggregates whose figure can be a value of a property that the caller of this calls personal. */
  telling(tenantId: string, isPersonal: (field: string) => boolean): string[] {
    return this.#parts.catalog
      .aggregatesOf(tenantId)
      .filter(({ tells }) => tells.some(isPersonal))
      .map(({ name }) => name);
  }

  #lacking(
    { tenantId, knownThrough = Number.NEGATIVE_INFINITY }: ProfileDocument,
    aggregates: readonly LiveAggregate[],
  ): readonly LiveAggregate[] {
    const index = this.#parts.catalog.indexOf(tenantId);
    if (index !== undefined && index.newest <= knownThrough) return [];
    return aggregates.filter(({ kept }) => index === undefined || index.bornAt(kept.key) > knownThrough);
  }

  async #histories(
    tenantId: string,
    documents: readonly ProfileDocument[],
    lacking: readonly (readonly LiveAggregate[])[],
    asOf: number,
  ): Promise<Map<string, StoredEvent[]>> {
    const queries = documents.flatMap(({ id }, index): HistoryQuery[] => {
      const asked = lacking[index] ?? [];
      if (asked.length === 0) return [];
      const reaches = asked.map(({ kept }) => kept.reachMs ?? Number.POSITIVE_INFINITY);
      return [
        {
          profileId: id,
          eventNames: [...new Set(asked.map(({ kept }) => kept.eventName))],
          since: asOf - Math.max(...reaches),
        },
      ];
    });
    if (queries.length === 0) return new Map();
    const { events } = this.#parts;
    await events.refresh();
    return events.history(tenantId, queries);
  }
}
