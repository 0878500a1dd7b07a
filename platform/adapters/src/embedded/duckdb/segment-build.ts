import type { BuildRequest, BuildResult } from '@cdp/core/segment';
import { compileRuleSql } from './duckdb-rule-compiler.js';
import type { DuckdbSession } from './duckdb-session.js';
import { foldSegment, segmentNumbers, setWhole } from './segment-tables.js';
import type { TenantTables } from './tenant-tables.js';

/**
 * Makes the members of a segment those that fit its rule now, and keeps the differences, in the transaction under way.
 * Only differences are written; where nobody was a member all are, so that they need not be written twice.
 */
export async function buildSegment(
  session: DuckdbSession,
  tables: TenantTables,
  request: BuildRequest,
): Promise<BuildResult> {
  const { schema } = tables;
  const no = (await segmentNumbers(session, tables, [request.segmentId])).get(request.segmentId) as number;
  const { withClause, fromWhere, bound } = compileRuleSql(request.rule, request, tables);
  const at = bound.whole(request.at);
  await foldSegment(session, tables, no);
  await session.run(`DELETE FROM ${schema}.c${no}`);
  const empty = (await session.first(`SELECT 1 FROM ${schema}.m${no} LIMIT 1`)) === undefined;
  await setWhole(session, schema, no, empty);
  if (empty) {
    const insert = `INSERT INTO ${schema}.m${no} ${withClause} SELECT p.id, ${at} ${fromWhere}`;
    const size = await session.run(insert, ...bound.usedIn(insert));
    return { size, entered: size, exited: 0 };
  }
  const compare = `INSERT INTO ${schema}.c${no} ${withClause}${withClause === '' ? 'WITH' : ','} f AS (SELECT p.id AS profile ${fromWhere})
    SELECT coalesce(f.profile, m.profile), m.profile IS NULL, ${at}
    FROM f FULL JOIN ${schema}.m${no} m ON m.profile = f.profile WHERE f.profile IS NULL OR m.profile IS NULL`;
  await session.run(compare, ...bound.usedIn(compare));
  const exited = await session.run(
    `DELETE FROM ${schema}.m${no} WHERE profile IN (SELECT profile FROM ${schema}.c${no} WHERE NOT entered)`,
  );
  const entered = await session.run(
    `INSERT INTO ${schema}.m${no} SELECT profile, ts FROM ${schema}.c${no} WHERE entered`,
  );
  const row = await session.first<{ size: number }>(`SELECT count(*) AS size FROM ${schema}.m${no}`);
  return { size: row?.size ?? 0, entered, exited };
}
