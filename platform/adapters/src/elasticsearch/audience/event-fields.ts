import type { StoredEvent } from '@cdp/core/profile';
import { PRESENT, visitValues } from '../../json-values.js';
import { DocumentTerms } from './document-terms.js';
import { digest, pathKey } from './value-term.js';

/** What stands beside an event in the index, for rules to search and measure by. Mapped in `event-fields.json`. */
export interface EventFields {
  type: StoredEvent['type'];
  /** Of the properties: see `value-term.ts`; not kept in `_source`. */
  terms: string[];
  /**
   * The scalars of the properties by `pathKey` of their path, as `measuredValue` writes them: read by aggregations, so that
   * sums, extremes and different values are taken of exactly what was sent. Not kept in `_source`.
   */
  values: Record<string, string[]>;
}

/** Longer texts are told apart by their digest. */
const LONGEST_MEASURED = 60;

/** A scalar, so written that equal ones are equal and different ones are not. */
export function measuredValue(value: string | number | boolean): string {
  if (typeof value === 'number') return `n${value + 0}`;
  if (typeof value === 'boolean') return `b${value}`;
  return value.length <= LONGEST_MEASURED && value.isWellFormed() ? `t${value}` : `h${digest(value)}`;
}

/** Stands before how often a number is at the path in one event, where it is there several times. */
const TIMES = '*';

/** The number that `values` tells of, and how often; undefined for what is no number. */
export function measuredNumber(text: string): { number: number; times: number } | undefined {
  if (!text.startsWith('n')) return undefined;
  const [number, times] = text.slice(1).split(TIMES);
  return { number: Number(number), times: Number(times ?? 1) };
}

export function eventFields(tenantId: string, event: Pick<StoredEvent, 'type' | 'properties'>): EventFields {
  return {
    type: event.type,
    terms: new DocumentTerms(tenantId).addValues(event.properties).list,
    values: measuredValues(event),
  };
}

function measuredValues({ properties }: Pick<StoredEvent, 'properties'>): Record<string, string[]> {
  const byPath = new Map<string, Map<string, number>>();
  visitValues(properties, (path, value) => {
    if (value === PRESENT) return;
    const key = pathKey(path);
    const counts = byPath.get(key) ?? new Map<string, number>();
    const text = measuredValue(value);
    byPath.set(key, counts.set(text, (counts.get(text) ?? 0) + 1));
  });
  return Object.fromEntries(
    [...byPath].map(([key, counts]) => [
      key,
      [...counts].map(([text, times]) => (times > 1 && text.startsWith('n') ? `${text}${TIMES}${times}` : text)),
    ]),
  );
}
