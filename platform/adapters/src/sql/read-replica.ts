import type { Sequelize } from 'sequelize';
import type { SqlDialect, SqlResult, SqlValue } from './sql-dialect.js';

/**
 * A copy of the database that follows it. One that is away is left alone for a while and then tried by a single read, so that an
 * outage costs now and then one read the wait for a connection, and the copy is used again by itself.
 */
export class ReadReplica {
  readonly #sequelize: Sequelize;
  readonly #dialect: SqlDialect;
  readonly #retryMs: number;
  #triedAgainAt = 0;

  constructor(sequelize: Sequelize, dialect: SqlDialect, options: { retryMs: number }) {
    this.#sequelize = sequelize;
    this.#dialect = dialect;
    this.#retryMs = options.retryMs;
  }

  /** Undefined when the copy is away: ask the database itself. */
  async query(sql: string, values: readonly SqlValue[]): Promise<SqlResult | undefined> {
    const now = performance.now();
    if (now < this.#triedAgainAt) return undefined;
    // While it was away, those who come during the try do not wait for it.
    if (this.#triedAgainAt > 0) this.#triedAgainAt = now + this.#retryMs;
    const pool = this.#sequelize.connectionManager;
    try {
      const connection = await pool.getConnection({ type: 'read' });
      try {
        const result = await this.#dialect.query(connection, sql, values);
        this.#triedAgainAt = 0;
        return result;
      } finally {
        pool.releaseConnection(connection);
      }
    } catch (error) {
      if (!this.#dialect.isAway(error)) throw error;
      this.#triedAgainAt = performance.now() + this.#retryMs;
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#sequelize.close();
  }
}
