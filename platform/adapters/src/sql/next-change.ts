import type { SqlDatabase } from './database.js';

/**
 * The number of a change of tenants or apps, inside the transaction of the change. The row stays locked until that commits, so
 * numbers become visible in their order.
 */
export async function nextChange(db: SqlDatabase): Promise<number> {
  await db.run('UPDATE tenancy_changes SET last_change = last_change + 1 WHERE id = 1');
  return lastChange(db);
}

export async function lastChange(db: SqlDatabase): Promise<number> {
  const row = await db.selectOne<{ last_change: number }>('SELECT last_change FROM tenancy_changes WHERE id = 1');
  return row?.last_change ?? 0;
}
