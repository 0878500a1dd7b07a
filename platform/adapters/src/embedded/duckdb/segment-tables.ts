import type { MembershipChange } from '@cdp/core/profile';
import { BIGINT, BOOLEAN, INTEGER, UUID } from '@duckdb/node-api';
import type { DuckdbSession } from './duckdb-session.js';
import { membersSql, memberTables } from './membership-sql.js';
import type { TenantTables } from './tenant-tables.js';
import { uuidValue } from './uuid.js';

/** Moves that may wait before they are folded into the members' tables: each read of members looks at all of them. */
const FOLD_AT = 200_000;

/** The numbers of segments; those that have none yet get one, and their tables, in the transaction under way. */
export async function segmentNumbers(
  session: DuckdbSession,
  tables: TenantTables,
  segmentIds: Iterable<string>,
): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  let next = Math.max(-1, ...tables.segments.values()) + 1;
  for (const id of segmentIds) {
    if (numbers.has(id)) continue;
    const known = tables.segments.get(id);
    const no = known ?? next++;
    numbers.set(id, no);
    if (known !== undefined) continue;
    for (const statement of memberTables(tables.schema, no)) await session.run(statement);
    await session.run(`INSERT INTO ${tables.schema}.segments VALUES ($1, $2, false)`, [id, no]);
    session.afterCommit(() => tables.segments.set(id, no));
  }
  return numbers;
}

/** Notes live changes, and folds them into the members' tables once they are many. */
export async function noteMoves(
  session: DuckdbSession,
  tables: TenantTables,
  changes: readonly MembershipChange[],
): Promise<void> {
  const numbers = await segmentNumbers(
    session,
    tables,
    changes.map(({ segmentId }) => segmentId),
  );
  const { next, count } = tables.moves;
  await session.append(tables.name, 'moves', [
    { type: BIGINT, values: changes.map((_change, index) => BigInt(next + index)) },
    { type: INTEGER, values: changes.map(({ segmentId }) => numbers.get(segmentId) as number) },
    { type: UUID, values: changes.map(({ profileId }) => uuidValue(profileId)) },
    { type: BOOLEAN, values: changes.map(({ change }) => change === 'entered') },
    { type: BIGINT, values: changes.map(({ at }) => BigInt(at)) },
  ]);
  session.afterCommit(() => {
    tables.moves = { next: next + changes.length, count: count + changes.length };
  });
  if (count + changes.length >= FOLD_AT) await foldMoves(session, tables);
}

async function foldMoves(session: DuckdbSession, tables: TenantTables): Promise<void> {
  const moved = await session.rows<{ segment: number }>(`SELECT DISTINCT segment FROM ${tables.schema}.moves`);
  await session.run(moved.flatMap(({ segment }) => foldStatements(tables.schema, segment)).join('; '));
  session.afterCommit(() => {
    tables.moves = { ...tables.moves, count: 0 };
  });
}

/** Brings the members' table of a segment up to its moves, in the transaction under way. */
export async function foldSegment(session: DuckdbSession, tables: TenantTables, segment: number): Promise<void> {
  const row = await session.first<{ moved: number }>(
    `SELECT count(*) AS moved FROM ${tables.schema}.moves WHERE segment = ${segment}`,
  );
  const moved = row?.moved ?? 0;
  if (moved === 0) return;
  await session.run(foldStatements(tables.schema, segment).join('; '));
  session.afterCommit(() => {
    tables.moves = { ...tables.moves, count: tables.moves.count - moved };
  });
}

/** In one text, because they are many and each is quick. */
function foldStatements(schema: string, segment: number): string[] {
  const moves = `${schema}.moves WHERE segment = ${segment}`;
  return [
    // The table is about to be other than the build left it.
    `INSERT INTO ${schema}.c${segment} SELECT profile, true, since FROM ${schema}.m${segment}
     WHERE (SELECT whole FROM ${schema}.segments WHERE no = ${segment})`,
    wholeStatement(schema, segment, false),
    `CREATE OR REPLACE TEMP TABLE folded AS FROM ${membersSql(schema, segment)} f
     WHERE f.profile IN (SELECT profile FROM ${moves})`,
    `DELETE FROM ${schema}.m${segment} WHERE profile IN (SELECT profile FROM ${moves})`,
    `INSERT INTO ${schema}.m${segment} FROM folded`,
    'DROP TABLE folded',
    `DELETE FROM ${moves}`,
  ];
}

export async function setWhole(session: DuckdbSession, schema: string, segment: number, whole: boolean): Promise<void> {
  await session.run(wholeStatement(schema, segment, whole));
}

const wholeStatement = (schema: string, segment: number, whole: boolean): string =>
  `UPDATE ${schema}.segments SET whole = ${whole} WHERE no = ${segment} AND whole <> ${whole}`;

export async function forgetChanges(session: DuckdbSession, schema: string, segment: number): Promise<void> {
  await session.run(`DELETE FROM ${schema}.c${segment}`);
  await setWhole(session, schema, segment, false);
}

export async function dropSegment(session: DuckdbSession, tables: TenantTables, segmentId: string): Promise<void> {
  const no = tables.segments.get(segmentId);
  if (no === undefined) return;
  await session.run(`DROP TABLE ${tables.schema}.m${no}`);
  await session.run(`DROP TABLE ${tables.schema}.c${no}`);
  await session.run(`DELETE FROM ${tables.schema}.moves WHERE segment = ${no}`);
  await session.run(`DELETE FROM ${tables.schema}.segments WHERE no = ${no}`);
  session.afterCommit(() => tables.segments.delete(segmentId));
}
