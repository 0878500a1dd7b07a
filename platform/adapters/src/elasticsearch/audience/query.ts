import type { estypes } from '@elastic/elasticsearch';

export type Query = NonNullable<estypes.QueryDslQueryContainer>;

export const EVERYTHING: Query = { match_all: {} };
export const NOTHING: Query = { match_none: {} };

export function allOf(queries: readonly Query[]): Query {
  const kept = queries.filter((query) => query !== EVERYTHING);
  if (kept.includes(NOTHING)) return NOTHING;
  if (kept.length <= 1) return kept[0] ?? EVERYTHING;
  return { bool: { filter: kept } };
}

export function anyOf(queries: readonly Query[]): Query {
  const kept = queries.filter((query) => query !== NOTHING);
  if (kept.includes(EVERYTHING)) return EVERYTHING;
  if (kept.length <= 1) return kept[0] ?? NOTHING;
  return { bool: { should: kept, minimum_should_match: 1 } };
}

export function not(query: Query): Query {
  if (query === EVERYTHING) return NOTHING;
  return query === NOTHING ? EVERYTHING : { bool: { must_not: [query] } };
}

/**
 * What the engine can tell of a condition: whoever fits is in `may`, and whoever is in `sure` fits. Where the engine knows all
 * the two are one query; in between, the document has to be looked at.
 */
export interface Bounds {
  may: Query;
  sure: Query;
}

export const exactly = (query: Query): Bounds => ({ may: query, sure: query });

export const isExact = ({ may, sure }: Bounds): boolean => may === sure;

const combined =
  (combine: (queries: readonly Query[]) => Query) =>
  (bounds: readonly Bounds[]): Bounds => {
    const may = combine(bounds.map((one) => one.may));
    return bounds.every(isExact) ? exactly(may) : { may, sure: combine(bounds.map((one) => one.sure)) };
  };

export const allBounds = combined(allOf);
export const anyBounds = combined(anyOf);

export function notBounds(bounds: Bounds): Bounds {
  const sure = not(bounds.may);
  return isExact(bounds) ? exactly(sure) : { may: not(bounds.sure), sure };
}

/** Those of whom the engine does not know. */
export const unsureOf = ({ may, sure }: Bounds): Query => (may === sure ? NOTHING : allOf([may, not(sure)]));
