import { FailureCounter } from '@cdp/core/tenancy';
import { marks, type SqlDatabase } from './database.js';

/** Stands in place of an attempt in the row that is locked while attempts are counted: those to come are not there to be locked. */
const HOLD = '';

export class SqlFailureCounter extends FailureCounter {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async times(keys: readonly string[], since: number): Promise<number[][]> {
    if (this.#db.inTransaction) await this.#hold(keys, since);
    const rows = await this.#db.select<{ digest: string; tried_at: number }>(
      `SELECT digest, tried_at FROM login_attempts WHERE digest IN (${marks(keys)}) AND attempt_id <> ? AND tried_at >= ?
       ORDER BY tried_at`,
      [...keys, HOLD, since],
    );
    return keys.map((key) => rows.filter(({ digest }) => digest === key).map((row) => row.tried_at));
  }

  override async add(keys: readonly string[], attemptId: string, at: number): Promise<void> {
    await this.#db.insertRows(
      'login_attempts',
      ['digest', 'attempt_id', 'tried_at'],
      keys.map((key) => [key, attemptId, at]),
    );
  }

  override async remove(attemptId: string): Promise<void> {
    await this.#db.run('DELETE FROM login_attempts WHERE attempt_id = ?', [attemptId]);
  }

  override async clear(key: string): Promise<void> {
    await this.#db.run('DELETE FROM login_attempts WHERE digest = ?', [key]);
  }

  override async purge(before: number): Promise<void> {
    await this.#db.deleteMany('login_attempts', 'tried_at < ?', [before]);
  }

  /** Whoever counts attempts with one of the keys to decide on the next waits for this transaction to end. */
  async #hold(keys: readonly string[], since: number): Promise<void> {
    await this.#db.upsertRows(
      'login_attempts',
      ['digest', 'attempt_id', 'tried_at'],
      [...keys].sort().map((key) => [key, HOLD, since]),
      { key: ['digest', 'attempt_id'] },
    );
  }
}
