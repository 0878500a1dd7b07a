import { Leases } from '@cdp/core/work';
import type { SqlDatabase } from './database.js';

export class SqlLeases extends Leases {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async take(name: string, holder: string, now: number, ms: number): Promise<boolean> {
    const free = '(holder = ? OR held_until <= ?)';
    const { changes } = await this.#db.run(`UPDATE leases SET holder = ?, held_until = ? WHERE name = ? AND ${free}`, [
      holder,
      now + ms,
      name,
      holder,
      now,
    ]);
    if (changes === 1) return true;
    const row = [name, holder, now + ms];
    const inserted = await this.#db.insertRows('leases', ['name', 'holder', 'held_until'], [row], {
      ignoreDuplicates: true,
    });
    return inserted === 1;
  }

  override async release(name: string, holder: string): Promise<void> {
    await this.#db.run('DELETE FROM leases WHERE name = ? AND holder = ?', [name, holder]);
  }
}
