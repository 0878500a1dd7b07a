import { DefinitionChanges } from '@cdp/core/segment';
import type { SqlDatabase } from './database.js';

/** Numbers a change of a tenant's segments or aggregates; inside the transaction of the change, and the first thing in it. */
export async function noteDefinitionChange(db: SqlDatabase, tenantId: string): Promise<void> {
  // The row stays locked until the transaction commits, so numbers become visible in their order.
  await db.run('UPDATE definition_counter SET last_change = last_change + 1 WHERE id = 1');
  const number = await lastNumber(db);
  await db.upsertRows('definition_changes', ['tenant_id', 'change_number', 'newest'], [[tenantId, number, 0]], {
    key: ['tenant_id'],
    update: ['change_number'],
  });
}

/** Of a tenant that is gone: who follows learns of its end from the directory of tenants. */
export async function forgetDefinitionChanges(db: SqlDatabase, tenantId: string): Promise<void> {
  await db.run('DELETE FROM definition_changes WHERE tenant_id = ?', [tenantId]);
}

const lastNumber = async (db: SqlDatabase): Promise<number> =>
  (await db.selectOne<{ last_change: number }>('SELECT last_change FROM definition_counter WHERE id = 1'))
    ?.last_change ?? 0;

export class SqlDefinitionChanges extends DefinitionChanges {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override last(): Promise<number> {
    return lastNumber(this.#db);
  }

  /** What is committed while this reads may come now and again the next time: the position is read first. */
  override async after(position: number): Promise<{ position: number; tenants: string[] }> {
    const last = await lastNumber(this.#db);
    if (last === position) return { position, tenants: [] };
    const rows = await this.#db.select<{ tenant_id: string }>(
      'SELECT tenant_id FROM definition_changes WHERE change_number > ?',
      [position],
    );
    return { position: last, tenants: rows.map(({ tenant_id }) => tenant_id) };
  }

  override take<T>(tenantId: string, now: number, work: (since: number) => Promise<T>): Promise<T> {
    return this.#db.transaction(async () => {
      await noteDefinitionChange(this.#db, tenantId);
      const row = await this.#db.selectOne<{ newest: number }>(
        'SELECT newest FROM definition_changes WHERE tenant_id = ?',
        [tenantId],
      );
      const since = Math.max(now, (row?.newest ?? 0) + 1);
      await this.#db.run('UPDATE definition_changes SET newest = ? WHERE tenant_id = ?', [since, tenantId]);
      return work(since);
    });
  }
}
