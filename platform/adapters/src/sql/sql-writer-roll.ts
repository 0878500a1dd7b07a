import { WriterRoll } from '@cdp/core/segment';
import type { SqlDatabase } from './database.js';

const COLUMNS = ['process_id', 'follows', 'reported_at'];

export class SqlWriterRoll extends WriterRoll {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async report(processId: string, position: number, now: number): Promise<void> {
    await this.#db.upsertRows('profile_writers', COLUMNS, [[processId, position, now]], { key: ['process_id'] });
  }

  override async behind(position: number, reportedSince: number): Promise<number> {
    const row = await this.#db.selectOne<{ behind: number }>(
      'SELECT COUNT(*) AS behind FROM profile_writers WHERE follows < ? AND reported_at >= ?',
      [position, reportedSince],
    );
    return row?.behind ?? 0;
  }

  override async leave(processId: string): Promise<void> {
    await this.#db.run('DELETE FROM profile_writers WHERE process_id = ?', [processId]);
  }
}
