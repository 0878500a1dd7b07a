import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  type JS,
} from '@duckdb/node-api';

/** Values of a statement by name (`$name`) or position. Text always goes in this way, never into the SQL. */
export type StatementValues = DuckDBValue[] | Record<string, DuckDBValue>;

/** Their types, where the values do not tell. */
export type StatementTypes = Record<string, DuckDBType>;

/** A column to append: its name is known by its place in the table. */
export interface ColumnData {
  type: DuckDBType;
  values: readonly DuckDBValue[];
}

/** Rows of one vector of DuckDB; a chunk holds no more. */
const VECTOR_SIZE = 2048;

/** One connection: what a reader or the writer holds for the time of its turn. */
export class DuckdbSession {
  readonly #connection: DuckDBConnection;
  #afterCommit: (() => void)[] = [];
  #lastStatements: string[] = [];
  /** A transaction is begun that did nothing yet: DuckDB gives it its view of the data with its first statement. */
  #begun = false;

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  /** Runs when the transaction under way has committed, before the next writer's turn; not at all when it fails. */
  afterCommit(step: () => void): void {
    this.#afterCommit.push(step);
  }

  /**
   * Adds a statement to the end of the transaction under way. It goes to the engine together with the commit: beside a
   * thread that has much to do, each call and its answer wait longer than what they ask for takes.
   */
  beforeCommit(sql: string): void {
    this.#lastStatements.push(sql);
  }

  /** `again`: another one follows on this connection soon, and nothing is read on it in between. */
  async transaction<T>(work: () => Promise<T>, again = false): Promise<T> {
    this.#afterCommit = [];
    this.#lastStatements = [];
    if (!this.#begun) await this.run('BEGIN TRANSACTION');
    this.#begun = false;
    try {
      const result = await work();
      const next = again ? ['BEGIN TRANSACTION'] : [];
      await this.run([...this.#lastStatements, 'COMMIT', ...next].join('; '));
      this.#begun = again;
      for (const step of this.#afterCommit) step();
      return result;
    } catch (error) {
      // A commit that failed has rolled back already, and this says so; the first error is the one that counts.
      await this.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  /** Rows as plain objects; whole numbers of any width come as numbers, UUIDs as text. */
  async rows<T>(sql: string, values?: StatementValues, types?: StatementTypes): Promise<T[]> {
    const reader = await this.#connection.runAndReadAll(sql, values, types);
    const rows = reader.getRowObjectsJS();
    for (const row of rows)
      for (const [name, value] of Object.entries(row)) if (typeof value === 'bigint') row[name] = Number(value) as JS;
    return rows as T[];
  }

  async first<T>(sql: string, values?: StatementValues, types?: StatementTypes): Promise<T | undefined> {
    return (await this.rows<T>(sql, values, types))[0];
  }

  /** Answers how many rows the statement changed. */
  async run(sql: string, values?: StatementValues, types?: StatementTypes): Promise<number> {
    return (await this.#connection.run(sql, values, types)).rowsChanged;
  }

  /** Folds the write-ahead log into the file. */
  async checkpoint(): Promise<void> {
    const begun = this.#begun;
    // Over also where the checkpoint fails: the next transaction would go without its begin, statement by statement.
    this.#begun = false;
    await this.run(begun ? 'ROLLBACK; CHECKPOINT' : 'CHECKPOINT');
  }

  /** Appends rows to a table, column by column in the order of the table. All columns have the same length. */
  async append(schema: string, table: string, columns: readonly ColumnData[]): Promise<void> {
    await this.#append(await this.#connection.createAppender(table, schema), columns);
  }

  /** The same for a temporary table. */
  async appendTemporary(table: string, columns: readonly ColumnData[]): Promise<void> {
    await this.#append(await this.#connection.createAppender(table, 'main', 'temp'), columns);
  }

  async #append(appender: DuckDBAppender, columns: readonly ColumnData[]): Promise<void> {
    const rows = columns[0]?.values.length ?? 0;
    try {
      const types = columns.map((column) => column.type);
      for (let from = 0; from < rows; from += VECTOR_SIZE) {
        const to = Math.min(rows, from + VECTOR_SIZE);
        const chunk = DuckDBDataChunk.create(types, to - from);
        columns.forEach((column, index) => {
          chunk.setColumnValues(index, from === 0 && to === rows ? column.values : column.values.slice(from, to));
        });
        appender.appendDataChunk(chunk);
      }
    } finally {
      appender.closeSync();
    }
  }

  close(): void {
    this.#connection.closeSync();
  }
}
