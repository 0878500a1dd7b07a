import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { OnDuplicate, SqlResult, SqlRow, SqlValue } from './sql-dialect.js';

/** Prepared statements a connection keeps. Lists of varying length make new texts, so there is a bound. */
const STATEMENTS_KEPT = 256;

export interface SqliteOptions {
  file: string;
  /** `full` survives a power cut; `off` is for tests whose file dies with them. */
  durability?: 'full' | 'off';
}

/** One open connection with its prepared statements. Everything it does blocks its thread. */
export class SqliteConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor({ file, durability = 'full' }: SqliteOptions, readOnly = false) {
    this.#database = new DatabaseSync(file, { timeout: 5_000, enableForeignKeyConstraints: true, readOnly });
    this.#database.exec(
      `PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY; PRAGMA synchronous = ${durability};${
        readOnly
          ? ''
          : 'PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;'
      }`,
    );
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  /** True of a statement that answers rows. */
  reads(sql: string): boolean {
    return this.#prepare(sql).columns().length > 0;
  }

  query(sql: string, values: readonly SqlValue[]): SqlResult {
    const statement = this.#prepare(sql);
    const bound = values.map(sqliteValue);
    return statement.columns().length > 0
      ? { rows: statement.all(...bound) as SqlRow[], changes: 0 }
      : { rows: [], changes: Number(statement.run(...bound).changes) };
  }

  /**
   * Inside a transaction: writes all rows or, when it throws, none, and the transaction goes on. One prepared statement run
   * per row: a call into the engine costs less than building a statement of many rows.
   */
  writeRows(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
    onDuplicate: OnDuplicate,
  ): number {
    const statement = this.#prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})${conflictClause(onDuplicate)}`,
    );
    return this.#undoable(() => {
      let written = 0;
      for (const row of rows) written += Number(statement.run(...row.map(sqliteValue)).changes);
      return written;
    });
  }

  /** Ends what a broken transaction left open, so that the next one starts clean. */
  reset(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) {
      this.#statements.delete(sql);
      this.#statements.set(sql, known);
      return known;
    }
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > STATEMENTS_KEPT) {
      const oldest = this.#statements.keys().next();
      if (!oldest.done) this.#statements.delete(oldest.value);
    }
    return statement;
  }

  #undoable<T>(work: () => T): T {
    this.#prepare('SAVEPOINT rows_written').run();
    try {
      const result = work();
      this.#prepare('RELEASE rows_written').run();
      return result;
    } catch (error) {
      // Out of room, the engine has taken the whole transaction back.
      if (this.#database.isTransaction) {
        this.#prepare('ROLLBACK TO rows_written').run();
        this.#prepare('RELEASE rows_written').run();
      }
      throw error;
    }
  }
}

const sqliteValue = (value: SqlValue): SQLInputValue =>
  value === undefined ? null : typeof value === 'boolean' ? Number(value) : value;

function conflictClause(onDuplicate: OnDuplicate): string {
  switch (onDuplicate.kind) {
    case 'fail':
      return '';
    case 'ignore':
      return ' ON CONFLICT DO NOTHING';
    case 'update':
      return ` ON CONFLICT (${onDuplicate.key.join(', ')}) DO UPDATE SET ${onDuplicate.update
        .map((column) => `${column} = excluded.${column}`)
        .join(', ')}${newerClause(onDuplicate.newerBy)}`;
  }
}

const newerClause = (column: string | undefined): string =>
  column === undefined ? '' : ` WHERE excluded.${column} > ${column}`;
