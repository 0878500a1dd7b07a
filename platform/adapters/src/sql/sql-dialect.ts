import type { Sequelize } from 'sequelize';

/** What a column holds. Times are milliseconds since the epoch, booleans 0 and 1, JSON its text. `undefined` binds NULL. */
export type SqlValue = string | number | bigint | boolean | Uint8Array | null | undefined;

/** A row as the driver gives it: integers as numbers, blobs as bytes. */
export type SqlRow = Record<string, unknown>;

export interface SqlResult {
  rows: SqlRow[];
  /** Rows inserted, matched by an update, or deleted. */
  changes: number;
}

/** What a multi-row write does with a row whose unique key is taken. */
export type OnDuplicate =
  | { kind: 'fail' }
  | { kind: 'ignore' }
  | {
      kind: 'update';
      key: readonly string[];
      update: readonly string[];
      /** Only a row whose value in this column is greater than that of the row that is there takes its place. */
      newerBy?: string | undefined;
    };

/** A transaction that was begun, on the connection that it holds until it ends. */
export interface SqlTransaction {
  readonly connection: unknown;
  /** Resolves when the transaction is durable. */
  commit(): Promise<void>;
  /** Takes everything back and gives the connection up; never throws. `error` is why. */
  rollback(error: unknown): Promise<void>;
}

/**
 * Where SQL engines differ, and nowhere else: one implementation an engine. What every statement of ours may use is the part
 * that SQLite, MySQL 8 and MariaDB 10.11 share.
 */
export interface SqlDialect {
  readonly name: 'sqlite' | 'mysql';
  /** Appended to a SELECT inside a transaction that locks the rows it will change; empty where a writer is alone. */
  readonly forUpdate: string;
  /** The same, passing over rows that another transaction holds. */
  readonly forUpdateSkipLocked: string;
  /** True where one writer at a time may be in the engine, so that writers have to queue before they come to it. */
  readonly oneWriter: boolean;
  /** Rows that one DELETE takes of many, where the engine can say so: it holds locks on no more for no longer. */
  readonly deletedAtOnce: number | undefined;
  /** True where statements that change the schema are part of a transaction like any other. */
  readonly transactionalDdl: boolean;
  /** A statement of a migration in the engine's own form (table options, clustering). */
  ddl(statement: string): string;
  /** Begins a transaction on a connection of Sequelize's. */
  begin(sequelize: Sequelize): Promise<SqlTransaction>;
  /** Runs one statement on a connection of Sequelize's; `unhurried` without a limit of time. */
  query(on: unknown, sql: string, values: readonly SqlValue[], unhurried?: boolean): Promise<SqlResult>;
  /** True where `writeRows` sends all of these as one statement, which is all or nothing by itself and needs no transaction. */
  writesAtOnce(rows: readonly (readonly SqlValue[])[], onDuplicate: OnDuplicate): boolean;
  /** Writes all rows on a connection that is in a transaction, or none when it throws; answers how many were inserted or changed. */
  writeRows(
    on: unknown,
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
    onDuplicate: OnDuplicate,
  ): Promise<number>;
  /** A unique or primary key refused the row. */
  isDuplicate(error: unknown): boolean;
  /** The engine gave this transaction up (deadlock, lock wait): run it again. */
  isRetryable(error: unknown): boolean;
  /** A change of the schema found what it would make, as it does when a process died before it could note that it had made it. */
  isAlreadyThere(error: unknown): boolean;
  /** A statement named a table that is not there. */
  isNotThere(error: unknown): boolean;
  /** The engine failed, and not the statement: no disk, no memory, no connection. */
  isAway(error: unknown): boolean;
  /** Runs `work` while no other process on the same database is inside of the same name. */
  exclusively<T>(sequelize: Sequelize, name: string, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
