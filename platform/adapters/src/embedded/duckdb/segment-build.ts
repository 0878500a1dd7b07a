import type { BuildRequest, BuildResult } from '@cdp/core/segment';
import { compileRuleSql } from './duckdb-rule-compiler.js';
import type { DuckdbSession } from './duckdb-session.js';
import { membersSql } from './membership-sql.js';
import { segmentNumbers } from './segment-tables.js';
import type { TenantTables } from './tenant-tables.js';

/** Makes the members of a segment those that fit its rule now, and keeps the differences, in the transaction under way. */
export async function buildSegment(
  session: DuckdbSession,
  tables: TenantTables,
  request: BuildRequest,
): Promise<BuildResult> {
  const { schema } = tables;
  const no = (await segmentNumbers(session, tables, [request.segmentId])).get(request.segmentId) as number;
  const { withClause, fromWhere, bound } = compileRuleSql(request.rule, request, tables);
  const select = `CREATE OR REPLACE TEMP TABLE fitting AS ${withClause} SELECT p.id AS profile ${fromWhere}`;
  await session.run(select, ...bound.usedIn(select));
  await session.run(`CREATE OR REPLACE TEMP TABLE standing AS FROM ${membersSql(schema, no)}`);
  await session.run(`DELETE FROM ${schema}.c${no}`);
  await session.run(
    `INSERT INTO ${schema}.c${no}
     SELECT profile, true, $1::BIGINT FROM fitting ANTI JOIN standing USING (profile)
     UNION ALL
     SELECT profile, false, $1::BIGINT FROM standing ANTI JOIN fitting USING (profile)`,
    [BigInt(request.now)],
  );
  const { entered, exited, size } = (await session.first<BuildResult>(
    `SELECT count(*) FILTER (entered) AS entered, count(*) FILTER (NOT entered) AS exited,
       (SELECT count(*) FROM fitting) AS size FROM ${schema}.c${no}`,
  )) as BuildResult;
  await replaceMembers(session, schema, no, request.now);
  return { size, entered, exited };
}

async function replaceMembers(session: DuckdbSession, schema: string, no: number, now: number): Promise<void> {
  await session.run(
    `CREATE OR REPLACE TABLE ${schema}.m${no} AS
     SELECT f.profile, coalesce(s.since, $1::BIGINT) AS since FROM fitting f LEFT JOIN standing s USING (profile)`,
    [BigInt(now)],
  );
  await session.run(`DELETE FROM ${schema}.moves WHERE segment = ${no}`);
  await session.run('DROP TABLE fitting');
  await session.run('DROP TABLE standing');
}
