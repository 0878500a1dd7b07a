import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { OnDuplicate, SqlDialect, SqlResult, SqlRow, SqlValue } from './sql-dialect.js';

/** Prepared statements a connection keeps. Lists of varying length make new texts, so there is a bound. */
const STATEMENTS_KEPT = 256;
const IDLE_CONNECTIONS_KEPT = 4;
const SQLITE_BUSY = 5;
/** BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN. */
const AWAY: ReadonlySet<number> = new Set([SQLITE_BUSY, 6, 7, 8, 10, 11, 13, 14]);
const PRIMARY_CODES: Record<number, string> = { [SQLITE_BUSY]: 'SQLITE_BUSY', 19: 'SQLITE_CONSTRAINT' };

export interface SqliteOptions {
  file: string;
  /** `full` survives a power cut; `off` is for tests whose file dies with them. */
  durability?: 'full' | 'off';
}

/** One open connection with its prepared statements. */
class Connection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor({ file, durability = 'full' }: SqliteOptions) {
    this.#database = new DatabaseSync(file, { timeout: 5_000, enableForeignKeyConstraints: true });
    this.#database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durability}; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;` +
        'PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;',
    );
  }

  prepare(sql: string): StatementSync {
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

  /** Inside a transaction: what `work` wrote is taken back when it throws, and the transaction goes on. */
  undoable<T>(work: () => T): T {
    this.prepare('SAVEPOINT rows_written').run();
    try {
      const result = work();
      this.prepare('RELEASE rows_written').run();
      return result;
    } catch (error) {
      // Out of room, the engine has taken the whole transaction back.
      if (this.#database.isTransaction) {
        this.prepare('ROLLBACK TO rows_written').run();
        this.prepare('RELEASE rows_written').run();
      }
      throw error;
    }
  }

  /** Ends what a broken transaction left open, so that the next borrower starts clean. */
  reset(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

/** Connections of one file, lent to Sequelize, which opens and closes one around every transaction. */
class Connections {
  readonly #options: SqliteOptions;
  readonly #idle: Connection[] = [];
  #closed = false;

  constructor(options: SqliteOptions) {
    this.#options = options;
  }

  lend(): Connection {
    if (this.#closed) throw new Error('The database is closed.');
    return this.#idle.pop() ?? new Connection(this.#options);
  }

  giveBack(connection: Connection): void {
    connection.reset();
    if (this.#closed || this.#idle.length >= IDLE_CONNECTIONS_KEPT) connection.close();
    else this.#idle.push(connection);
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) connection.close();
  }
}

type Callback = (this: Statement, error: Error | null, rows?: unknown[]) => void;
type Parameters = Record<string, SQLInputValue> | SQLInputValue[];

/** What sqlite3 binds as `this` in its callbacks. */
class Statement {
  lastID: number | bigint = 0;
  changes = 0;
}

/** sqlite3's `Database`, as far as Sequelize 6 uses it. */
class Database {
  readonly filename: string;
  uuid: string | undefined;
  readonly #connections: Connections;
  #connection: Connection | undefined;

  constructor(connections: Connections, filename: string, callback: (error: Error | null) => void) {
    this.filename = filename;
    this.#connections = connections;
    let failure: Error | null = null;
    try {
      this.#connection = connections.lend();
    } catch (error) {
      failure = asSqlite3Error(error);
    }
    queueMicrotask(() => callback(failure));
  }

  get connection(): Connection {
    if (!this.#connection) throw new Error('The connection is closed.');
    return this.#connection;
  }

  serialize(run: () => void): void {
    run();
  }

  run(sql: string, parameters?: Parameters | Callback, callback?: Callback): this {
    return this.all(sql, parameters, callback);
  }

  all(sql: string, parameters?: Parameters | Callback, callback?: Callback): this {
    const done = typeof parameters === 'function' ? parameters : callback;
    const bound = typeof parameters === 'function' || parameters === undefined ? [] : parameters;
    const result = new Statement();
    let rows: unknown[] = [];
    let failure: Error | null = null;
    try {
      const statement = this.connection.prepare(sql);
      if (statement.columns().length > 0) {
        rows = Array.isArray(bound) ? statement.all(...bound) : statement.all(bound);
      } else {
        const outcome = Array.isArray(bound) ? statement.run(...bound) : statement.run(bound);
        result.lastID = outcome.lastInsertRowid;
        result.changes = Number(outcome.changes);
      }
    } catch (error) {
      failure = asSqlite3Error(error);
    }
    if (done) done.call(result, failure, rows);
    else if (failure) throw failure;
    return this;
  }

  close(callback?: (error: Error | null) => void): void {
    if (this.#connection) this.#connections.giveBack(this.#connection);
    this.#connection = undefined;
    callback?.(null);
  }
}

/** Sequelize tells errors apart by sqlite3's names of the primary result codes. */
function asSqlite3Error(error: unknown): Error {
  const code = resultCode(error);
  const name = code === undefined ? undefined : PRIMARY_CODES[code & 0xff];
  return name ? Object.assign(error as Error, { code: name }) : (error as Error);
}

/** The result code of an error of the driver, also where Sequelize has wrapped it. */
function resultCode(error: unknown): number | undefined {
  for (let at = error; typeof at === 'object' && at !== null; ) {
    const { errcode, parent, cause } = at as { errcode?: unknown; parent?: unknown; cause?: unknown };
    if (typeof errcode === 'number') return errcode;
    at = parent ?? cause;
  }
  return undefined;
}

const sqliteValue = (value: SqlValue): SQLInputValue =>
  value === undefined ? null : typeof value === 'boolean' ? Number(value) : value;

/** SQLite through the `node:sqlite` built into Node: nothing to install, nothing to compile. */
export class SqliteDialect implements SqlDialect {
  readonly name = 'sqlite';
  readonly forUpdate = '';
  readonly forUpdateSkipLocked = '';
  readonly oneWriter = true;
  /** Sequelize's `dialectModule`. */
  readonly module: object;
  readonly #connections: Connections;

  constructor(options: SqliteOptions) {
    const connections = new Connections(options);
    this.#connections = connections;
    this.module = {
      OPEN_READWRITE: 2,
      OPEN_CREATE: 4,
      Database: class extends Database {
        constructor(filename: string, _mode: number, callback: (error: Error | null) => void) {
          super(connections, filename, callback);
        }
      },
    };
  }

  ddl(statement: string): string {
    return statement.replace(/\/\* clustered \*\/\s*$/, 'WITHOUT ROWID');
  }

  async query(on: unknown, sql: string, values: readonly SqlValue[]): Promise<SqlResult> {
    const statement = (on as Database).connection.prepare(sql);
    const bound = values.map(sqliteValue);
    return statement.columns().length > 0
      ? { rows: statement.all(...bound) as SqlRow[], changes: 0 }
      : { rows: [], changes: Number(statement.run(...bound).changes) };
  }

  /** One prepared statement run per row: a call into the engine costs less than building a statement of many rows. */
  async writeRows(
    on: unknown,
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
    onDuplicate: OnDuplicate,
  ): Promise<number> {
    const connection = (on as Database).connection;
    const statement = connection.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})${conflictClause(onDuplicate)}`,
    );
    return connection.undoable(() => {
      let written = 0;
      for (const row of rows) written += Number(statement.run(...row.map(sqliteValue)).changes);
      return written;
    });
  }

  isDuplicate(error: unknown): boolean {
    const code = resultCode(error);
    return code === 1555 || code === 2067; // SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE
  }

  isRetryable(error: unknown): boolean {
    const code = resultCode(error);
    return code !== undefined && (code & 0xff) === SQLITE_BUSY;
  }

  isAway(error: unknown): boolean {
    const code = resultCode(error);
    return code !== undefined && AWAY.has(code & 0xff);
  }

  async close(): Promise<void> {
    this.#connections.close();
  }
}

function conflictClause(onDuplicate: OnDuplicate): string {
  switch (onDuplicate.kind) {
    case 'fail':
      return '';
    case 'ignore':
      return ' ON CONFLICT DO NOTHING';
    case 'update':
      return ` ON CONFLICT (${onDuplicate.key.join(', ')}) DO UPDATE SET ${onDuplicate.update
        .map((column) => `${column} = excluded.${column}`)
        .join(', ')}`;
  }
}
