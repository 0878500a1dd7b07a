import type { DuckdbSession } from './duckdb-session.js';
import { membersSql } from './membership-sql.js';
import type { TenantTables } from './tenant-tables.js';

/** Copies the members of a segment under a name, in the transaction under way; a name that is taken keeps what it has. */
export async function takeSnapshot(
  session: DuckdbSession,
  tables: TenantTables,
  segmentId: string,
  name: string,
): Promise<number> {
  const { schema } = tables;
  const taken = await session.first<{ size: number }>(`SELECT size FROM ${schema}.snapshots WHERE name = $1`, [name]);
  if (taken) return taken.size;
  const no = Math.max(-1, ...tables.snapshots.values()) + 1;
  const segment = tables.segments.get(segmentId);
  const members = segment === undefined ? '(SELECT NULL::UUID AS profile WHERE FALSE)' : membersSql(schema, segment);
  await session.run(
    `CREATE TABLE ${schema}.s${no} AS SELECT row_number() OVER (ORDER BY profile) AS n, profile FROM ${members} ORDER BY n`,
  );
  const row = await session.first<{ size: number }>(`SELECT count(*) AS size FROM ${schema}.s${no}`);
  const size = row?.size ?? 0;
  await session.run(`INSERT INTO ${schema}.snapshots VALUES ($1, $2, $3)`, [name, no, size]);
  session.afterCommit(() => tables.snapshots.set(name, no));
  return size;
}

export async function dropSnapshot(session: DuckdbSession, tables: TenantTables, name: string): Promise<void> {
  const no = tables.snapshots.get(name);
  if (no === undefined) return;
  await session.run(`DROP TABLE ${tables.schema}.s${no}`);
  await session.run(`DELETE FROM ${tables.schema}.snapshots WHERE no = ${no}`);
  session.afterCommit(() => tables.snapshots.delete(name));
}

/**
 * One row more than `limit` after row `after` of a snapshot. The rows are numbered, so that a page reads no more than
 * its own; only where rows were erased are more needed.
 */
export async function snapshotRows(
  session: DuckdbSession,
  table: string,
  after: number,
  limit: number,
): Promise<{ n: number; profile: string }[]> {
  const select = (bound: string): string =>
    `SELECT n, profile FROM ${table} WHERE n > ${after} ${bound} ORDER BY n LIMIT ${limit + 1}`;
  const rows = await session.rows<{ n: number; profile: string }>(select(`AND n <= ${after + limit + 1}`));
  return rows.length > limit ? rows : session.rows(select(''));
}
