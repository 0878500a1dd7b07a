import { createHash } from 'node:crypto';
import type { Connection, QueryError, ResultSetHeader } from 'mysql2';
import type { Sequelize } from 'sequelize';
import { isAlreadyThere, isAway, isDuplicate, isLost, isNotThere, isRetryable } from './mysql-errors.js';
import { insertText, mysqlValue, portions } from './mysql-statements.js';
import type { OnDuplicate, SqlDialect, SqlResult, SqlRow, SqlTransaction, SqlValue } from './sql-dialect.js';

/**
 * Text is compared byte by byte, as SQLite does: capitals, accents and trailing spaces count, in keys as in cursors. The two servers
 * have different names for that, and each takes the other's comment for a comment.
 */
const TABLE_OPTIONS =
  'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE /*!80017 utf8mb4_0900_bin */ /*M! utf8mb4_nopad_bin */';

/** How long one process waits for another that changes the schema. */
const EXCLUSIVE_WAIT_S = 300;

/** MySQL 8 and MariaDB 10.11 by mysql2: many writers, who lock rows and see what is committed. */
export class MysqlDialect implements SqlDialect {
  readonly name = 'mysql';
  readonly forUpdate = ' FOR UPDATE';
  readonly forUpdateSkipLocked = ' FOR UPDATE SKIP LOCKED';
  readonly oneWriter = false;
  readonly deletedAtOnce = 2_000;
  readonly transactionalDdl = false;
  readonly #statementTimeoutMs: number;

  constructor(options: { statementTimeoutMs: number }) {
    this.#statementTimeoutMs = options.statementTimeoutMs;
  }

  /** MariaDB's limit of time is for every statement; a change of a large table's schema has none. */
  ddl(statement: string): string {
    const text = statement.replace(/\/\* clustered \*\/\s*$/, '').trimEnd();
    return `/*M! SET STATEMENT max_statement_time = 0 FOR */ ${/^CREATE TABLE/i.test(text) ? `${text} ${TABLE_OPTIONS}` : text}`;
  }

  async begin(sequelize: Sequelize): Promise<SqlTransaction> {
    const connection = await acquire(sequelize);
    const end = async (statement: string) => {
      await this.query(connection, statement, []);
      release(sequelize, connection);
    };
    try {
      await this.query(connection, 'START TRANSACTION', []);
    } catch (error) {
      discard(sequelize, connection);
      throw error;
    }
    let ended = false;
    return {
      connection,
      commit: async () => {
        await end('COMMIT');
        ended = true;
      },
      rollback: async (error) => {
        if (ended) return;
        ended = true;
        if (isLost(error)) discard(sequelize, connection);
        else await end('ROLLBACK').catch(() => discard(sequelize, connection));
      },
    };
  }

  async query(on: unknown, sql: string, values: readonly SqlValue[], unhurried = false): Promise<SqlResult> {
    const result = await this.#send(on as Connection, sql, values.map(mysqlValue), unhurried);
    return Array.isArray(result)
      ? { rows: result as SqlRow[], changes: 0 }
      : { rows: [], changes: (result as ResultSetHeader).affectedRows };
  }

  /** What IGNORE let pass is found out afterwards, and has to be taken back then. */
  writesAtOnce(rows: readonly (readonly SqlValue[])[], onDuplicate: OnDuplicate): boolean {
    return onDuplicate.kind !== 'ignore' && [...portions(rows)].length === 1;
  }

  async writeRows(
    on: unknown,
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
    onDuplicate: OnDuplicate,
  ): Promise<number> {
    const connection = on as Connection;
    const text = insertText(table, columns, onDuplicate);
    const parts = [...portions(rows)];
    // A statement undoes itself when it fails; several need a point to go back to.
    const undoable = parts.length > 1;
    if (undoable) await this.#send(connection, 'SAVEPOINT rows_written', []);
    try {
      let written = 0;
      for (const part of parts) {
        const values = part.map((row) => row.map(mysqlValue));
        const header = (await this.#send(connection, text, [values])) as ResultSetHeader;
        if (onDuplicate.kind === 'ignore' && header.warningStatus > part.length - header.affectedRows)
          throw await this.#refused(connection);
        written += header.affectedRows;
      }
      return written;
    } catch (error) {
      if (undoable && !isLost(error) && !isRetryable(error))
        await this.#send(connection, 'ROLLBACK TO SAVEPOINT rows_written', []);
      throw error;
    }
  }

  isDuplicate(error: unknown): boolean {
    return isDuplicate(error);
  }

  isRetryable(error: unknown): boolean {
    return isRetryable(error);
  }

  isAlreadyThere(error: unknown): boolean {
    return isAlreadyThere(error);
  }

  isNotThere(error: unknown): boolean {
    return isNotThere(error);
  }

  isAway(error: unknown): boolean {
    return isAway(error);
  }

  /** A lock of the server's, by name and database, that ends with the connection should this process die. */
  async exclusively<T>(sequelize: Sequelize, name: string, work: () => Promise<T>): Promise<T> {
    const connection = await acquire(sequelize);
    const key = createHash('sha256').update(`${sequelize.getDatabaseName()}\0${name}`).digest('hex').slice(0, 40);
    try {
      const { rows } = await this.query(
        connection,
        '/*M! SET STATEMENT max_statement_time = 0 FOR */ SELECT GET_LOCK(?, ?) AS held',
        [key, EXCLUSIVE_WAIT_S],
        true,
      );
      if (rows[0]?.held !== 1)
        throw new Error(`Another process is still at ${name} after ${EXCLUSIVE_WAIT_S} s: look at what it waits for.`);
      return await work();
    } finally {
      // The lock goes with the connection, whatever state that is in.
      discard(sequelize, connection);
    }
  }

  async close(): Promise<void> {}

  /** IGNORE is meant for taken keys alone: what else it would let pass, such as text cut short, is an error. */
  async #refused(connection: Connection): Promise<Error> {
    const { rows } = await this.query(connection, 'SHOW WARNINGS', []);
    const first = rows.find((row) => row.Code !== 1062);
    return new Error(`A row was refused: ${String(first?.Message ?? 'the server does not say why')}`);
  }

  #send(connection: Connection, sql: string, values: unknown[], unhurried = false): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timeout = unhurried ? undefined : this.#statementTimeoutMs + 5_000;
      connection.query({ sql, values, ...(timeout && { timeout }) }, (error: QueryError | null, result: unknown) => {
        if (!error) resolve(result);
        else {
          // Nobody waits for the answer any more: it must not be taken for that of the next statement.
          if (isLost(error)) connection.destroy();
          reject(error);
        }
      });
    });
  }
}

const acquire = async (sequelize: Sequelize): Promise<Connection> =>
  (await sequelize.connectionManager.getConnection({ type: 'write' })) as unknown as Connection;

const release = (sequelize: Sequelize, connection: Connection): void =>
  sequelize.connectionManager.releaseConnection(connection as never);

/** A destroyed connection is given back as any other: the pool sees that it is of no use, and makes another. */
function discard(sequelize: Sequelize, connection: Connection): void {
  connection.destroy();
  release(sequelize, connection);
}
