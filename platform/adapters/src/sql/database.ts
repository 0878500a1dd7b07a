/**
 * How a store is written on SQL.
 *
 * - A store takes a `SqlDatabase` in its constructor and implements a port of core: `class SqlAppStore extends AppStore`.
 * - Statements are plain SQL that SQLite, MySQL 8 and MariaDB 10.11 all take: `?` placeholders, no backticks, no reserved
 *   words as names, no RETURNING, no UPDATE … LIMIT, no partial index. `select<Row>(sql, values)`, `selectOne`, `run`.
 *   For a list: `WHERE id IN (${marks(ids)})` with `ids` among the values, at most a few thousand at a time.
 * - Inserting: `insertRows(table, columns, rows, { ignoreDuplicates })` and `upsertRows(table, columns, rows, { key, update })`,
 *   for one row as for ten thousand: all of them or none, durable when the promise resolves, a few microseconds a row.
 * - `transaction(async () => { … })`: every call of this database that is made inside joins it, also through other stores, and
 *   so does an inner `transaction`. Await everything inside. What is read outside of it sees only what is committed. Keep it
 *   short: the engine may allow one writer at a time, so others queue. It may be run again after a deadlock, so build its
 *   results inside. Where many write at once, each statement sees what is committed by then: lock what you read to decide by,
 *   `SELECT …${db.dialect.forUpdate}`. What is not there cannot be locked: write first, then look.
 * - A taken unique key throws `DuplicateKeyError`; catch that alone and turn it into the domain's answer.
 * - Compare-and-set is `UPDATE … SET version = version + 1 WHERE … AND version = ?` and `changes === 1`.
 * - A select sees what was committed before it. What may come late, such as a report, is asked with `selectLate`.
 * - Columns: ids VARCHAR(64), times BIGINT (milliseconds), flags SMALLINT (0 or 1), JSON as TEXT or MEDIUMTEXT, bytes BLOB. Every
 *   table and every key begins with tenant_id. A VARCHAR in a key has a length, and a key stays under 3,000 bytes at 4 a character.
 * - Tables: one file a stage in `migrations/`, listed in `migrations/index.ts`; after a change `npm run schema` rewrites
 *   `docs/reference/schema.sql`. In a spec, `openTestDatabase()` (`./testing/index.js`) gives a fresh migrated database.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { CdpError } from '@cdp/core/kernel';
import type { Sequelize } from 'sequelize';
import { Turn } from '../turn.js';
import { DuplicateKeyError } from './duplicate-key-error.js';
import type { ReadReplica } from './read-replica.js';
import type { OnDuplicate, SqlDialect, SqlResult, SqlRow, SqlTransaction, SqlValue } from './sql-dialect.js';

const TRANSACTION_TRIES = 5;

interface Unit {
  transaction: SqlTransaction;
  open: boolean;
  failed: boolean;
  /** Why the engine has given the transaction up: whatever is still asked inside of it would not be part of it. */
  lost?: unknown;
}

/** `?, ?, ?`: a placeholder for each value of a list. */
export const marks = (values: readonly unknown[]): string => Array(values.length).fill('?').join(', ');

export class SqlDatabase {
  readonly sequelize: Sequelize;
  readonly dialect: SqlDialect;
  readonly #units = new AsyncLocalStorage<Unit>();
  readonly #turn = new Turn();
  readonly #replica: ReadReplica | undefined;

  constructor(sequelize: Sequelize, dialect: SqlDialect, replica?: ReadReplica) {
    this.sequelize = sequelize;
    this.dialect = dialect;
    this.#replica = replica;
  }

  async select<T = SqlRow>(sql: string, values: readonly SqlValue[] = []): Promise<T[]> {
    return (await this.#query(sql, values)).rows as T[];
  }

  /**
   * As `select`, for whom it is enough to see what was committed a little ago: reports, and lists of what happened. Goes to the
   * read replica where there is one, and to the database itself inside of a transaction and while the replica is away.
   */
  async selectLate<T = SqlRow>(sql: string, values: readonly SqlValue[] = []): Promise<T[]> {
    const late = this.#unit() ? undefined : await this.#replica?.query(sql, values);
    return late ? (late.rows as T[]) : this.select<T>(sql, values);
  }

  async selectOne<T = SqlRow>(sql: string, values: readonly SqlValue[] = []): Promise<T | undefined> {
    return (await this.select<T>(sql, values))[0];
  }

  /** Runs a statement that returns no rows. */
  async run(sql: string, values: readonly SqlValue[] = []): Promise<{ changes: number }> {
    const write = () => this.#query(sql, values);
    // On its own a statement is a transaction too.
    const { changes } = await (this.#unit() ? write() : this.#untilKept(write));
    return { changes };
  }

  /**
   * Deletes what may be very many rows, and answers how many. Where the engine can, in portions of which each is kept for itself:
   * for work that begins again when it was interrupted.
   */
  async deleteMany(table: string, where: string, values: readonly SqlValue[]): Promise<number> {
    const { deletedAtOnce } = this.dialect;
    const portion = deletedAtOnce === undefined ? '' : ` LIMIT ${deletedAtOnce}`;
    for (let deleted = 0; ; ) {
      const { changes } = await this.run(`DELETE FROM ${table} WHERE ${where}${portion}`, values);
      deleted += changes;
      if (deletedAtOnce === undefined || changes < deletedAtOnce) return deleted;
    }
  }

  /** Runs a statement that changes the schema, for as long as it takes. */
  async define(statement: string): Promise<void> {
    await this.#query(this.dialect.ddl(statement), [], true);
  }

  /** Runs `work` while no other process on this database is inside of the same name. */
  async exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.dialect.exclusively(this.sequelize, name, work);
    } catch (error) {
      throw this.#translate(error);
    }
  }

  /** Inserts all rows or none; answers how many were inserted, which with `ignoreDuplicates` may be fewer than given. */
  async insertRows(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
    options: { ignoreDuplicates?: boolean } = {},
  ): Promise<number> {
    return this.#writeRows(table, columns, rows, { kind: options.ignoreDuplicates ? 'ignore' : 'fail' });
  }

  /**
   * Inserts rows, and where the unique key `key` is taken sets the columns `update` (default: all others) of that row; with
   * `newerBy` only where that column's new value is greater than the one that is there.
   */
  async upsertRows(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
    options: { key: readonly string[]; update?: readonly string[]; newerBy?: string },
  ): Promise<void> {
    const update = options.update ?? columns.filter((column) => !options.key.includes(column));
    await this.#writeRows(
      table,
      columns,
      rows,
      update.length > 0 ? { kind: 'update', key: options.key, update, newerBy: options.newerBy } : { kind: 'ignore' },
    );
  }

  /** Runs `work` in one transaction and commits it durably; when it throws, nothing of it remains. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    const outer = this.#unit();
    if (outer) {
      try {
        return await work();
      } catch (error) {
        outer.failed = true;
        throw error;
      }
    }
    return this.#untilKept(() => this.#transact(work));
  }

  get inTransaction(): boolean {
    return this.#unit() !== undefined;
  }

  /** Waits for the writer that is under way and closes every connection. */
  async close(): Promise<void> {
    await this.#turn.hold(async () => {
      await this.#replica?.close();
      await this.sequelize.close();
      await this.dialect.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Runs a whole transaction again when the engine gave it up for another's sake: the one place that does. */
  async #untilKept<T>(attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await (this.dialect.oneWriter ? this.#turn.hold(attempt) : attempt());
      } catch (error) {
        if (tries === TRANSACTION_TRIES || !this.dialect.isRetryable(error)) throw this.#translate(error);
        // Two that gave way to each other should not meet again.
        await wait(Math.random() * 5 * 2 ** tries);
      }
    }
  }

  async #transact<T>(work: () => Promise<T>): Promise<T> {
    const transaction = await this.dialect.begin(this.sequelize);
    const unit: Unit = { transaction, open: true, failed: false };
    try {
      const result = await this.#units.run(unit, work);
      unit.open = false;
      if (unit.lost) throw unit.lost;
      if (unit.failed) throw new Error('A part of this transaction failed and was ignored: nothing of it is kept.');
      await transaction.commit();
      return result;
    } catch (error) {
      unit.open = false;
      await transaction.rollback(unit.lost ?? error);
      throw unit.lost ?? error;
    }
  }

  async #writeRows(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
    onDuplicate: OnDuplicate,
  ): Promise<number> {
    if (rows.length === 0) return 0;
    const unit = this.#unit();
    if (!unit && this.dialect.writesAtOnce(rows, onDuplicate))
      return this.#untilKept(() =>
        this.#onConnection((connection) => this.dialect.writeRows(connection, table, columns, rows, onDuplicate)),
      );
    if (!unit) return this.transaction(() => this.#writeRows(table, columns, rows, onDuplicate));
    try {
      return await this.dialect.writeRows(unit.transaction.connection, table, columns, rows, onDuplicate);
    } catch (error) {
      throw this.#broken(unit, error);
    }
  }

  /**
   * On a connection of Sequelize's, but by the driver's own positional parameters: Sequelize would rewrite the text and bind by
   * name at every call, which for a list of a thousand ids took ten times as long.
   */
  async #query(sql: string, values: readonly SqlValue[], unhurried = false): Promise<SqlResult> {
    const unit = this.#unit();
    if (unit)
      try {
        return await this.dialect.query(unit.transaction.connection, sql, values, unhurried);
      } catch (error) {
        throw this.#broken(unit, error);
      }
    return this.#onConnection((connection) => this.dialect.query(connection, sql, values, unhurried));
  }

  async #onConnection<T>(work: (connection: unknown) => Promise<T>): Promise<T> {
    const pool = this.sequelize.connectionManager;
    try {
      const connection = await pool.getConnection({ type: 'write' });
      try {
        return await work(connection);
      } finally {
        pool.releaseConnection(connection);
      }
    } catch (error) {
      throw this.dialect.isRetryable(error) ? error : this.#translate(error);
    }
  }

  #unit(): Unit | undefined {
    const unit = this.#units.getStore();
    if (unit && !unit.open) throw new Error('This transaction is over: await everything inside of it.');
    if (unit?.lost) throw unit.lost;
    return unit;
  }

  /** What a failed statement means to its transaction. */
  #broken(unit: Unit, error: unknown): unknown {
    if (this.dialect.isRetryable(error) || this.dialect.isAway(error)) unit.lost = error;
    return this.dialect.isDuplicate(error) ? new DuplicateKeyError(error) : error;
  }

  #translate(error: unknown): unknown {
    if (error instanceof DuplicateKeyError || error instanceof CdpError) return error;
    if (this.dialect.isDuplicate(error)) return new DuplicateKeyError(error);
    return this.dialect.isAway(error) || this.dialect.isRetryable(error)
      ? new CdpError('unavailable', 'The database cannot work just now.', { retryAfter: 5, cause: error })
      : error;
  }
}
