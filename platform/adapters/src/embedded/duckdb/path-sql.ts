import type { ValueKind, ValuePaths } from './value-paths.js';

/** Where SQL finds a value, by the kind that it may be: kinds that never were there are missing. */
export type ValueSlots = Partial<Record<ValueKind, string>>;

/** SQL that is true when a value passes; `undefined` when none of that kind could. */
export type ValueTest = (slots: ValueSlots, inList: boolean) => string | undefined;

export const NEVER = 'FALSE';

const MORE_SLOTS: ValueSlots = { t: 'v.t', f: 'v.f', d: 'v.d', n: 'v.n', b: 'v.b', o: 'v.o' };

export const anyOf = (terms: readonly (string | undefined)[]): string | undefined => {
  const some = terms.filter((term) => term !== undefined);
  return some.length === 0 ? undefined : some.length === 1 ? some[0] : `(${some.join(' OR ')})`;
};

/**
 * SQL over a row of a table with typed columns that is true exactly when some value at the path passes the test. When
 * none does it is false or NULL, which is all the same to AND and OR, and to `holdsNot`.
 */
export function someValueSql(paths: ValuePaths, alias: string, path: string, test: ValueTest): string {
  const known = paths.at(path);
  if (known === undefined) return NEVER;
  const slots: ValueSlots = {};
  for (const mark of known.marks) if (mark !== 'more') slots[mark] = `${alias}.${mark}${known.no}`;
  return anyOf([test(slots, false), known.marks.has('more') ? furtherSql(alias, known.no, test) : undefined]) ?? NEVER;
}

function furtherSql(alias: string, no: number, test: ValueTest): string | undefined {
  const single = test(MORE_SLOTS, false);
  const listed = test(MORE_SLOTS, true);
  const passes =
    single === listed ? single : anyOf([single && `(NOT v.l AND ${single})`, listed && `(v.l AND ${listed})`]);
  return passes && `len(list_filter(${alias}.more, lambda v: v.p = ${no} AND ${passes})) > 0`;
}

/** Plain negation: what is not true, NULL included, is false. */
export const holdsNot = (sql: string): string => `(${sql}) IS NOT TRUE`;
