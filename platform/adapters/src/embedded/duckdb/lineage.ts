import type { DuckDBUUIDValue } from '@duckdb/node-api';
import type { DuckdbSession } from './duckdb-session.js';
import type { TenantTables } from './tenant-tables.js';

/*
 * Whose events count for whom. Each merge is one row: `origin` was merged into `owner`, and `root` is where the chain of
 * merges from there ends, so that a read resolves any chain by one join. Events themselves never move, which is why a
 * merge can be undone exactly. All of these run in the transaction under way.
 */

/** From now on the history of `from`, with all that was merged into it, counts for `to`. */
export async function moveLineage(
  session: DuckdbSession,
  tables: TenantTables,
  from: DuckDBUUIDValue,
  to: DuckDBUUIDValue,
): Promise<void> {
  const lineage = `${tables.schema}.lineage`;
  await restoreLineage(session, tables, from);
  const target = await session.first<{ loop: boolean }>(`SELECT root = $1 AS loop FROM ${lineage} WHERE origin = $2`, [
    from,
    to,
  ]);
  // The two were merged the other way round before: that merge gives way, or both histories would count for nobody.
  if (target?.loop) await restoreLineage(session, tables, to);
  await session.run(
    `INSERT INTO ${lineage} SELECT $1, $2, coalesce((SELECT root FROM ${lineage} WHERE origin = $2), $2)`,
    [from, to],
  );
  await session.run(`UPDATE ${lineage} SET root = (SELECT root FROM ${lineage} WHERE origin = $1) WHERE root = $1`, [
    from,
  ]);
  session.afterCommit(() => {
    tables.merged = true;
  });
}

/** The history of `from`, with all that was merged into it, counts for `from` again. */
export async function restoreLineage(
  session: DuckdbSession,
  tables: TenantTables,
  from: DuckDBUUIDValue,
): Promise<void> {
  const lineage = `${tables.schema}.lineage`;
  if ((await session.run(`DELETE FROM ${lineage} WHERE origin = $1`, [from])) === 0) return;
  await session.run(
    `UPDATE ${lineage} SET root = $1 WHERE origin IN (
       WITH RECURSIVE inside(id) AS (
         SELECT origin FROM ${lineage} WHERE owner = $1
         UNION SELECT l.origin FROM ${lineage} l JOIN inside i ON l.owner = i.id)
       SELECT id FROM inside)`,
    [from],
  );
}

/** Forgets who was merged into a profile that is no more. */
export async function eraseLineage(
  session: DuckdbSession,
  tables: TenantTables,
  profile: DuckDBUUIDValue,
): Promise<void> {
  await session.run(`DELETE FROM ${tables.schema}.lineage WHERE root = $1 OR origin = $1`, [profile]);
}
