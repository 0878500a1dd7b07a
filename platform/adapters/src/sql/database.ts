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
 *   results inside. Lock what you read to change: `SELECT …${db.dialect.forUpdate}`.
 * - A taken unique key throws `DuplicateKeyError`; catch that alone and turn it into the domain's answer.
 * - Compare-and-set is `UPDATE … SET version = version + 1 WHERE … AND version = ?` and `changes === 1`.
 * - Columns: ids VARCHAR(64), times BIGINT (milliseconds), flags SMALLINT (0 or 1), JSON as TEXT or MEDIUMTEXT, bytes BLOB. Every
 *   table and every key begins with tenant_id. A VARCHAR in a key has a length, and a key stays under 3,000 bytes at 4 a character.
 * - Tables: one file a stage in `migrations/`, listed in `migrations/index.ts`; after a change `npm run schema` rewrites
 *   `docs/reference/schema.sql`. In a spec, `openTestDatabase()` (`./testing/index.js`) gives a fresh migrated database.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { CdpError } from '@cdp/core/kernel';
import { type Sequelize, Transaction } from 'sequelize';
import { DuplicateKeyError } from './duplicate-key-error.js';
import type { OnDuplicate, SqlDialect, SqlResult, SqlRow, SqlValue } from './sql-dialect.js';
import { Turn } from './turn.js';

const TRANSACTION_TRIES = 5;

interface Unit {
  transaction: Transaction;
  open: boolean;
  failed: boolean;
}

/** `?, ?, ?`: a placeholder for each value of a list. */
export const marks = (values: readonly unknown[]): string => Array(values.length).fill('?').join(', ');

export class SqlDatabase {
  readonly sequelize: Sequelize;
  readonly dialect: SqlDialect;
  readonly #units = new AsyncLocalStorage<Unit>();
  readonly #turn = new Turn();

  constructor(sequelize: Sequelize, dialect: SqlDialect) {
    this.sequelize = sequelize;
    this.dialect = dialect;
  }

  async select<T = SqlRow>(sql: string, values: readonly SqlValue[] = []): Promise<T[]> {
    return (await this.#query(sql, values)).rows as T[];
  }

  async selectOne<T = SqlRow>(sql: string, values: readonly SqlValue[] = []): Promise<T | undefined> {
    return (await this.select<T>(sql, values))[0];
  }

  /** Runs a statement that returns no rows. */
  async run(sql: string, values: readonly SqlValue[] = []): Promise<{ changes: number }> {
    const write = () => this.#query(sql, values);
    const { changes } = await (this.dialect.oneWriter && !this.#unit() ? this.#turn.hold(write) : write());
    return { changes };
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

  /** Inserts rows, and where the unique key `key` is taken sets the columns `update` (default: all others) of that row. */
  async upsertRows(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
    options: { key: readonly string[]; update?: readonly string[] },
  ): Promise<void> {
    const update = options.update ?? columns.filter((column) => !options.key.includes(column));
    await this.#writeRows(
      table,
      columns,
      rows,
      update.length > 0 ? { kind: 'update', key: options.key, update } : { kind: 'ignore' },
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
    const attempt = () => this.#transact(work);
    for (let tries = 1; ; tries++) {
      try {
        return await (this.dialect.oneWriter ? this.#turn.hold(attempt) : attempt());
      } catch (error) {
        if (tries === TRANSACTION_TRIES || !this.dialect.isRetryable(error)) throw this.#translate(error);
      }
    }
  }

  get inTransaction(): boolean {
    return this.#unit() !== undefined;
  }

  /** Waits for the writer that is under way and closes every connection. */
  async close(): Promise<void> {
    await this.#turn.hold(async () => {
      await this.sequelize.close();
      await this.dialect.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #transact<T>(work: () => Promise<T>): Promise<T> {
    const transaction = await this.sequelize.transaction({ type: Transaction.TYPES.IMMEDIATE });
    const unit: Unit = { transaction, open: true, failed: false };
    try {
      const result = await this.#units.run(unit, work);
      unit.open = false;
      if (unit.failed) throw new Error('A part of this transaction failed and was ignored: nothing of it is kept.');
      await transaction.commit();
      return result;
    } catch (error) {
      unit.open = false;
      // An engine that ran out of room has rolled back already, and says so: the first error is the one that counts.
      if (!('finished' in transaction) || transaction.finished === undefined)
        await transaction.rollback().catch(() => undefined);
      throw error;
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
    if (!unit) return this.transaction(() => this.#writeRows(table, columns, rows, onDuplicate));
    try {
      return await this.dialect.writeRows(connectionOf(unit.transaction), table, columns, rows, onDuplicate);
    } catch (error) {
      throw this.#translate(error);
    }
  }

  /**
   * On a connection of Sequelize's, but by the driver's own positional parameters: Sequelize would rewrite the text and bind by
   * name at every call, which for a list of a thousand ids took ten times as long.
   */
  async #query(sql: string, values: readonly SqlValue[]): Promise<SqlResult> {
    const unit = this.#unit();
    try {
      if (unit) return await this.dialect.query(connectionOf(unit.transaction), sql, values);
      const connection = await this.sequelize.connectionManager.getConnection({ type: 'write' });
      try {
        return await this.dialect.query(connection, sql, values);
      } finally {
        this.sequelize.connectionManager.releaseConnection(connection);
      }
    } catch (error) {
      throw this.#translate(error);
    }
  }

  #unit(): Unit | undefined {
    const unit = this.#units.getStore();
    if (unit && !unit.open) throw new Error('This transaction is over: await everything inside of it.');
    return unit;
  }

  #translate(error: unknown): unknown {
    if (error instanceof DuplicateKeyError || error instanceof CdpError) return error;
    if (this.dialect.isDuplicate(error)) return new DuplicateKeyError(error);
    return this.dialect.isAway(error)
      ? new CdpError('unavailable', 'The database cannot work just now.', { retryAfter: 5, cause: error })
      : error;
  }
}

/** Sequelize keeps a transaction's connection on it, though its types do not say so. */
const connectionOf = (transaction: Transaction): unknown =>
  (transaction as unknown as { connection: unknown }).connection;
