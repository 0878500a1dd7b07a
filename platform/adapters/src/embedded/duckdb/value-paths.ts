import type { DuckdbSession } from './duckdb-session.js';

/**
 * What the values at a path may be, each with a column of its own: text (`t`), its case folding where it is not plain
 * ASCII (`f`), its instant where it is a time (`d`), numbers (`n`), booleans (`b`), the presence of an object (`o`).
 */
export const VALUE_KINDS = ['t', 'f', 'd', 'n', 'b', 'o'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** `more` says that values of the path may stand in the row's list of further values. */
export type PathMark = ValueKind | 'more';

const KIND_SQL: Record<ValueKind, string> = {
  t: 'VARCHAR',
  f: 'VARCHAR',
  d: 'BIGINT',
  n: 'DOUBLE',
  b: 'BOOLEAN',
  o: 'BOOLEAN',
};

/** Values that have no column of their own: elements of lists, and those of paths beyond the bound on columns. */
export const MORE_SQL =
  'STRUCT(p INTEGER, l BOOLEAN, t VARCHAR, f VARCHAR, d BIGINT, n DOUBLE, b BOOLEAN, o BOOLEAN)[]';

/** A path at which documents of a tenant had a value, and all that was ever seen there. */
export interface ValuePath {
  /** Names the columns: `t7` holds the text at path 7. */
  readonly no: number;
  readonly path: string;
  readonly marks: Set<PathMark>;
}

export interface ValueColumn {
  readonly path: ValuePath;
  readonly kind: ValueKind;
}

interface MarkRow {
  no: number;
  path: string;
  mark: PathMark;
}

/**
 * Which typed columns a table of documents has. They are added as documents bring new paths and kinds, up to a bound;
 * what comes after it goes to the list of further values, so that rules get one answer whatever was seen first.
 */
export class ValuePaths {
  readonly #schema: string;
  readonly #table: string;
  readonly #bound: number;
  readonly #paths = new Map<string, ValuePath>();
  readonly #columns: ValueColumn[] = [];
  #added: MarkRow[] = [];
  #seq = 0;

  constructor(schema: string, table: string, bound: number) {
    this.#schema = schema;
    this.#table = table;
    this.#bound = bound;
  }

  static async load(session: DuckdbSession, schema: string, table: string, bound: number): Promise<ValuePaths> {
    const paths = new ValuePaths(schema, table, bound);
    const rows = await session.rows<MarkRow>(
      `SELECT no, path, mark FROM ${schema}.paths WHERE subject = $1 ORDER BY seq`,
      [table],
    );
    for (const row of rows) paths.#apply(row);
    return paths;
  }

  /** A copy that can be added to while a transaction is under way, and takes its place when that commits. */
  fork(): ValuePaths {
    const copy = new ValuePaths(this.#schema, this.#table, this.#bound);
    for (const { no, path, marks } of this.#paths.values()) copy.#paths.set(path, { no, path, marks: new Set(marks) });
    for (const { path, kind } of this.#columns)
      copy.#columns.push({ path: copy.#paths.get(path.path) as ValuePath, kind });
    copy.#seq = this.#seq;
    return copy;
  }

  at(path: string): ValuePath | undefined {
    return this.#paths.get(path);
  }

  /** In the order of the table, after its own columns. */
  get columns(): readonly ValueColumn[] {
    return this.#columns;
  }

  /** True when values of the kinds at the path need something that the table does not have yet. */
  lacks(path: string, kinds: readonly ValueKind[], listed: boolean): boolean {
    const marks = this.#paths.get(path)?.marks;
    if (marks === undefined) return true;
    if (listed) return !marks.has('more');
    return kinds.some((kind) => !marks.has(kind)) && (!marks.has('more') || this.#columns.length < this.#bound);
  }

  /**
   * The path, known to have values of these kinds from now on. `columns` tells whether they go into columns of their
   * own; when not, they go into the list of further values.
   */
  need(path: string, kinds: readonly ValueKind[], listed: boolean): { path: ValuePath; columns: boolean } {
    const marks = this.#paths.get(path)?.marks;
    const missing = listed ? [] : kinds.filter((kind) => !marks?.has(kind));
    const columns = !listed && this.#columns.length + missing.length <= this.#bound;
    const no = this.#paths.get(path)?.no ?? this.#paths.size;
    for (const mark of columns ? missing : marks?.has('more') ? [] : (['more'] as const)) {
      this.#apply({ no, path, mark });
      this.#added.push({ no, path, mark });
    }
    return { path: this.#paths.get(path) as ValuePath, columns };
  }

  /** Adds to the table what was found needed since the last time. */
  async extendTable(session: DuckdbSession): Promise<void> {
    let seq = this.#seq - this.#added.length;
    for (const { no, path, mark } of this.#added) {
      if (mark !== 'more')
        await session.run(`ALTER TABLE ${this.#schema}.${this.#table} ADD COLUMN ${mark}${no} ${KIND_SQL[mark]}`);
      await session.run(`INSERT INTO ${this.#schema}.paths VALUES ($1, $2, $3, $4, $5)`, [
        this.#table,
        seq++,
        no,
        path,
        mark,
      ]);
    }
    this.#added = [];
  }

  #apply({ no, path, mark }: MarkRow): void {
    let known = this.#paths.get(path);
    if (known === undefined) {
      known = { no, path, marks: new Set() };
      this.#paths.set(path, known);
    }
    known.marks.add(mark);
    this.#seq++;
    if (mark !== 'more') this.#columns.push({ path: known, kind: mark });
  }
}
