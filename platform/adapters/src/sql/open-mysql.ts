import mysql2, { type Connection } from 'mysql2';
import { Sequelize } from 'sequelize';
import { SqlDatabase } from './database.js';
import { MysqlDialect } from './mysql-dialect.js';
import { ReadReplica } from './read-replica.js';

export interface MysqlOptions {
  /** `mysql://user:password@host:3306/database`; with `?tls=verify` the server has to show a certificate that is trusted. */
  url: string;
  /** The same of a read replica, for reports and other reads that may be late by what it lags. Default: none. */
  replicaUrl?: string | undefined;
  /** Milliseconds for which a replica that is away is left alone. Default 10,000. */
  replicaRetryMs?: number;
  /** Connections of this process, at most. Default 20. */
  connections?: number;
  /** Milliseconds after which a statement is given up and answered with `unavailable`. Default 30,000. */
  statementTimeoutMs?: number;
  /** Milliseconds that a statement waits for a free connection. Default 10,000. */
  acquireTimeoutMs?: number;
}

/** Seconds that a statement waits for a row's lock before its transaction is run again. */
const LOCK_WAIT_S = 5;

/**
 * How every connection is set up. READ COMMITTED: each statement sees what is committed by then, and only rows that were found are
 * locked, not the gaps between them, in which others go on inserting; so stores lock what they decide by. Strict: a value that
 * does not fit is an error and never cut. No intersections of indexes: statements that lock would take what they need crosswise.
 * Times are UTC whatever the server's clock says.
 */
const session = (statementTimeoutMs: number): string =>
  `SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO',
    innodb_lock_wait_timeout = ${LOCK_WAIT_S}, optimizer_switch = 'index_merge_intersection=off'
    /*!80000 , transaction_isolation = 'READ-COMMITTED', max_execution_time = ${statementTimeoutMs} */
    /*M! , tx_isolation = 'READ-COMMITTED', max_statement_time = ${statementTimeoutMs / 1_000} */`;

/** A database on MySQL 8 or MariaDB 10.11 or later, for any number of processes. Connects when it is first asked something. */
export function openMysql(options: MysqlOptions): SqlDatabase {
  const { url, replicaUrl, replicaRetryMs = 10_000, statementTimeoutMs = 30_000 } = options;
  const dialect = new MysqlDialect({ statementTimeoutMs });
  const setUp = session(statementTimeoutMs);
  const replica =
    replicaUrl === undefined
      ? undefined
      : new ReadReplica(pool(replicaUrl, `${setUp} ${READ_ONLY}`, options), dialect, { retryMs: replicaRetryMs });
  return new SqlDatabase(pool(url, setUp, options), dialect, replica);
}

/** A write that strays to a replica would part it from its primary. */
const READ_ONLY = '/*!80000 , transaction_read_only = 1 */ /*M! , tx_read_only = 1 */';

function pool(url: string, setUp: string, { connections = 20, acquireTimeoutMs = 10_000 }: MysqlOptions): Sequelize {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const sequelize = new Sequelize({
    dialect: 'mysql',
    dialectModule: mysql2,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 3306),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    pool: { max: connections, min: 0, idle: 60_000, acquire: acquireTimeoutMs, evict: 10_000 },
    logging: false,
    retry: { max: 1 },
    // What Sequelize would ask of a first connection, and tell each.
    ...{ databaseVersion: '8.0.0', keepDefaultTimezone: true },
    dialectOptions: {
      // An update counts the rows that it found, also those that had the value already.
      flags: ['FOUND_ROWS'],
      charset: 'utf8mb4',
      connectTimeout: 5_000,
      supportBigNumbers: true,
      bigNumberStrings: false,
      decimalNumbers: true,
      typeCast: true,
      ...(searchParams.get('tls') === 'verify' && { ssl: { minVersion: 'TLSv1.2' } }),
    },
  });
  sequelize.addHook('afterConnect', (connection) => prepare(connection as Connection, setUp));
  return sequelize;
}

function prepare(connection: Connection, statement: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query({ sql: statement, timeout: 5_000 }, (error) => {
      if (!error) return resolve();
      // The pool never gets to know of it.
      connection.destroy();
      reject(error);
    });
  });
}
