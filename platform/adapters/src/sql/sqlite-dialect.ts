import { type Sequelize, Transaction } from 'sequelize';
import type { OnDuplicate, SqlDialect, SqlResult, SqlTransaction, SqlValue } from './sql-dialect.js';
import { SqliteConnection, type SqliteOptions } from './sqlite-connection.js';
import { SqliteWriter } from './sqlite-writer.js';

const SQLITE_BUSY = 5;
/** BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN. */
const AWAY: ReadonlySet<number> = new Set([SQLITE_BUSY, 6, 7, 8, 10, 11, 13, 14]);
const PRIMARY_CODES: Record<number, string> = { [SQLITE_BUSY]: 'SQLITE_BUSY', 19: 'SQLITE_CONSTRAINT' };

/**
 * The two ways to one file: a thread that writes, and a connection of this thread for what is read outside of transactions,
 * which sees what is committed and waits for nobody.
 */
class SqliteFile {
  readonly writer: SqliteWriter;
  readonly #options: SqliteOptions;
  #reader: SqliteConnection | undefined;
  #closed = false;

  constructor(options: SqliteOptions) {
    this.#options = options;
    this.writer = new SqliteWriter(options);
  }

  async query(sql: string, values: readonly SqlValue[]): Promise<SqlResult> {
    if (this.#closed) throw new Error('The database is closed.');
    // The writer makes the file; only then can it be opened to be read.
    if (!this.#reader) {
      await this.writer.ready();
      this.#reader ??= new SqliteConnection(this.#options, true);
    }
    return this.#reader.reads(sql) ? this.#reader.query(sql, values) : this.writer.query(sql, values);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader?.close();
    await this.writer.close();
  }
}

type Callback = (this: Statement, error: Error | null, rows?: unknown[]) => void;

/** What sqlite3 binds as `this` in its callbacks. */
class Statement {
  lastID: number | bigint = 0;
  changes = 0;
}

/** sqlite3's `Database`, as far as Sequelize 6 uses it: it opens one for each transaction and ends the transaction by it. */
class Database {
  readonly filename: string;
  uuid: string | undefined;
  readonly #file: SqliteFile;
  #inTransaction = false;

  constructor(file: SqliteFile, filename: string, callback: (error: Error | null) => void) {
    this.filename = filename;
    this.#file = file;
    queueMicrotask(() => callback(null));
  }

  query(sql: string, values: readonly SqlValue[]): Promise<SqlResult> {
    return this.#inTransaction ? this.#file.writer.query(sql, values) : this.#file.query(sql, values);
  }

  writeRows(...rows: Parameters<SqliteWriter['writeRows']>): Promise<number> {
    return this.#file.writer.writeRows(...rows);
  }

  serialize(run: () => void): void {
    run();
  }

  run(sql: string, parameters?: unknown, callback?: Callback): this {
    return this.all(sql, parameters, callback);
  }

  /** Sequelize's own statements: the beginning and the end of a transaction. */
  all(sql: string, parameters?: unknown, callback?: Callback): this {
    const done = (typeof parameters === 'function' ? parameters : callback) as Callback | undefined;
    const finish = (error: Error | null) => done?.call(new Statement(), error, []);
    if (/^BEGIN/i.test(sql)) {
      this.#inTransaction = true;
      this.#file.writer.begin(sql);
      queueMicrotask(() => finish(null));
      return this;
    }
    // Out of room, the engine has taken the whole transaction back: there is nothing left to end.
    const ended = /^ROLLBACK/i.test(sql) ? this.#file.writer.reset() : this.#file.writer.query(sql, []);
    ended.then(
      () => {
        this.#inTransaction = false;
        finish(null);
      },
      (error) => finish(asSqlite3Error(error)),
    );
    return this;
  }

  close(callback?: (error: Error | null) => void): void {
    const broken = this.#inTransaction;
    this.#inTransaction = false;
    if (!broken) callback?.(null);
    else
      this.#file.writer.reset().then(
        () => callback?.(null),
        (error) => callback?.(error),
      );
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

/** SQLite through the `node:sqlite` built into Node: nothing to install, nothing to compile. */
export class SqliteDialect implements SqlDialect {
  readonly name = 'sqlite';
  readonly forUpdate = '';
  readonly forUpdateSkipLocked = '';
  readonly oneWriter = true;
  readonly deletedAtOnce = undefined;
  readonly transactionalDdl = true;
  /** Sequelize's `dialectModule`. */
  readonly module: object;
  readonly #file: SqliteFile;

  constructor(options: SqliteOptions) {
    const file = new SqliteFile(options);
    this.#file = file;
    this.module = {
      OPEN_READWRITE: 2,
      OPEN_CREATE: 4,
      Database: class extends Database {
        constructor(filename: string, _mode: number, callback: (error: Error | null) => void) {
          super(file, filename, callback);
        }
      },
    };
  }

  ddl(statement: string): string {
    return statement.replace(/\/\* clustered \*\/\s*$/, 'WITHOUT ROWID');
  }

  async begin(sequelize: Sequelize): Promise<SqlTransaction> {
    const transaction = await sequelize.transaction({ type: Transaction.TYPES.IMMEDIATE });
    return {
      // Sequelize keeps it there, though its types do not say so.
      connection: (transaction as unknown as { connection: unknown }).connection,
      commit: () => transaction.commit(),
      rollback: async () => {
        // An engine that ran out of room has rolled back already, and says so: the first error is the one that counts.
        if (!('finished' in transaction) || transaction.finished === undefined)
          await transaction.rollback().catch(() => undefined);
      },
    };
  }

  query(on: unknown, sql: string, values: readonly SqlValue[]): Promise<SqlResult> {
    return (on as Database).query(sql, values);
  }

  writeRows(
    on: unknown,
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
    onDuplicate: OnDuplicate,
  ): Promise<number> {
    return (on as Database).writeRows(table, columns, rows, onDuplicate);
  }

  /** Rows are written one by one. */
  writesAtOnce(): boolean {
    return false;
  }

  isDuplicate(error: unknown): boolean {
    const code = resultCode(error);
    return code === 1555 || code === 2067; // SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE
  }

  isRetryable(error: unknown): boolean {
    const code = resultCode(error);
    return code !== undefined && (code & 0xff) === SQLITE_BUSY;
  }

  isAlreadyThere(): boolean {
    return false;
  }

  isNotThere(error: unknown): boolean {
    return error instanceof Error && error.message.startsWith('no such table');
  }

  isAway(error: unknown): boolean {
    const code = resultCode(error);
    return code !== undefined && AWAY.has(code & 0xff);
  }

  /** The file belongs to one process. */
  exclusively<T>(_sequelize: Sequelize, _name: string, work: () => Promise<T>): Promise<T> {
    return work();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
