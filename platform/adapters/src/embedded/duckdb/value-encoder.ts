import type { JsonObject } from '@cdp/core/kernel';
import { foldCase, parseTime } from '@cdp/core/segment';
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBListValue,
  DuckDBStructValue,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  LIST,
  STRUCT,
  VARCHAR,
} from '@duckdb/node-api';
import { type FlatValue, PRESENT, visitValues } from '../../json-values.js';
import type { ColumnData } from './duckdb-session.js';
import type { ValueKind, ValuePaths } from './value-paths.js';

const KIND_TYPE: Record<ValueKind, DuckDBType> = {
  t: VARCHAR,
  f: VARCHAR,
  d: BIGINT,
  n: DOUBLE,
  b: BOOLEAN,
  o: BOOLEAN,
};
const MORE_TYPE = LIST(
  STRUCT({ p: INTEGER, l: BOOLEAN, t: VARCHAR, f: VARCHAR, d: BIGINT, n: DOUBLE, b: BOOLEAN, o: BOOLEAN }),
);
const NOTHING = { t: null, f: null, d: null, n: null, b: null, o: null };

const ASCII = /^[\0-\x7f]*$/;
const TEXT: readonly ValueKind[] = ['t'];
const NUMBER: readonly ValueKind[] = ['n'];
const BOOL: readonly ValueKind[] = ['b'];
const OBJECT: readonly ValueKind[] = ['o'];

interface Entry {
  path: string;
  listed: boolean;
  /** True when another value of the row has the same path. */
  several: boolean;
  kinds: readonly ValueKind[];
  values: readonly DuckDBValue[];
}

function encoded(value: FlatValue): { kinds: readonly ValueKind[]; values: DuckDBValue[] } {
  if (typeof value === 'number') return { kinds: NUMBER, values: [value] };
  if (typeof value === 'boolean') return { kinds: BOOL, values: [value] };
  if (value === PRESENT) return { kinds: OBJECT, values: [true] };
  const time = parseTime(value);
  const ascii = ASCII.test(value);
  if (ascii && time === undefined) return { kinds: TEXT, values: [value] };
  const kinds: ValueKind[] = ['t'];
  const values: DuckDBValue[] = [value];
  if (!ascii) {
    kinds.push('f');
    values.push(foldCase(value));
  }
  if (time !== undefined) {
    kinds.push('d');
    values.push(BigInt(time));
  }
  return { kinds, values };
}

function entriesOf(document: JsonObject): Entry[] {
  const entries: Entry[] = [];
  let byPath: Map<string, Entry> | undefined;
  visitValues(document, (path, value, listed, repeatable) => {
    const entry: Entry = { path, listed, several: false, ...encoded(value) };
    entries.push(entry);
    if (!repeatable) return;
    byPath ??= new Map();
    const twin = byPath.get(path);
    if (twin === undefined) byPath.set(path, entry);
    else {
      twin.several = true;
      entry.several = true;
    }
  });
  return entries;
}

/** The values of rows as the columns of their table: those of the paths, in the order of the table, and `more`. */
export interface EncodedValues {
  /** The paths that the columns are for: the given ones, or a fork with what the rows brought. */
  paths: ValuePaths;
  columns: ColumnData[];
  more: ColumnData;
}

export function encodeValues(known: ValuePaths, documents: readonly JsonObject[]): EncodedValues {
  let paths = known;
  const rows = documents.map(entriesOf);
  for (const entries of rows)
    for (const { path, kinds, listed, several } of entries)
      if (paths.lacks(path, kinds, listed || several)) {
        if (paths === known) paths = known.fork();
        paths.need(path, kinds, listed || several);
      }
  const empty: null[] = new Array(rows.length).fill(null);
  const filled = new Map<string, DuckDBValue[]>();
  let more: DuckDBValue[] | undefined;
  rows.forEach((entries, row) => {
    let further: DuckDBStructValue[] | undefined;
    for (const { path, listed, several, kinds, values } of entries) {
      const found = paths.need(path, kinds, listed || several);
      if (found.columns) {
        kinds.forEach((kind, index) => {
          const name = `${kind}${found.path.no}`;
          let column = filled.get(name);
          if (column === undefined) {
            column = empty.slice();
            filled.set(name, column);
          }
          column[row] = values[index] as DuckDBValue;
        });
      } else {
        const value: Record<string, DuckDBValue> = { p: found.path.no, l: listed, ...NOTHING };
        kinds.forEach((kind, index) => {
          value[kind] = values[index] as DuckDBValue;
        });
        further ??= [];
        further.push(new DuckDBStructValue(value));
      }
    }
    if (further !== undefined) {
      more ??= empty.slice();
      more[row] = new DuckDBListValue(further);
    }
  });
  return {
    paths,
    columns: paths.columns.map(({ path, kind }) => ({
      type: KIND_TYPE[kind],
      values: filled.get(`${kind}${path.no}`) ?? empty,
    })),
    more: { type: MORE_TYPE, values: more ?? empty },
  };
}
