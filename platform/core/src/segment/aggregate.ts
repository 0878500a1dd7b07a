import type { NamedAggregate } from './rule.js';

/** A named aggregate of a tenant: a computed trait that profiles keep and rules can ask. */
export interface Aggregate {
  id: string;
  tenantId: string;
  definition: NamedAggregate;
  /** Counts changes; what `If-Match` is held against. */
  version: number;
  /**
   * Epoch milliseconds since when profiles keep it as it is defined now; of all that is live in a tenant, segments
   * included, no two are the same.
   */
  since: number;
  /** IANA name of the zone that days in its filter are days of, since then. */
  timeZone: string;
  createdAt: number;
  updatedAt: number;
}

/** What rules know of aggregates. */
export const definitionsByName = (aggregates: readonly Aggregate[]): Map<string, NamedAggregate> =>
  new Map(aggregates.map(({ definition }) => [definition.name, definition]));
