import type { DuckdbSession } from './duckdb-session.js';
import type { TenantTables } from './tenant-tables.js';

/** How many of the latest times of an event are kept for each profile: enough for any question about that few. */
export const KEPT_TIMES = 4;

export const habitsTable = (schema: string, no: number): string => `${schema}.h${no}`;

/**
 * Makes the next table of habits: for each name and profile how often (`n`) and the latest times (`t1` the latest), over
 * all events up to batch `until`. The standing table is carried over where nothing was added.
 */
export async function makeHabits(session: DuckdbSession, tables: TenantTables, until: number): Promise<void> {
  const { schema, habits } = tables;
  const added = `SELECT name, profile, count(*) AS n, max(ts, ${KEPT_TIMES}) AS t FROM ${schema}.events
    WHERE batch > ${habits.until} AND batch <= ${until} GROUP BY name, profile`;
  const all =
    habits.no < 0
      ? added
      : `SELECT coalesce(h.name, d.name) AS name, coalesce(h.profile, d.profile) AS profile,
           coalesce(h.n, 0) + coalesce(d.n, 0) AS n,
           CASE WHEN d.n IS NULL THEN [h.t1, h.t2, h.t3, h.t4] WHEN h.n IS NULL THEN d.t
             ELSE list_sort(list_concat(d.t, [h.t1, h.t2, h.t3, h.t4]), 'DESC', 'NULLS LAST') END AS t
         FROM ${habitsTable(schema, habits.no)} h FULL JOIN (${added}) d ON d.name = h.name AND d.profile = h.profile`;
  await session.run(
    `CREATE OR REPLACE TABLE ${habitsTable(schema, habits.no + 1)} AS
     SELECT name, profile, n, t[1] AS t1, t[2] AS t2, t[3] AS t3, t[4] AS t4 FROM (${all}) ORDER BY name`,
  );
}

/** Puts the next table in place, in the transaction under way. Readers may still be at the one that it replaces. */
export async function swapHabits(session: DuckdbSession, tables: TenantTables, until: number): Promise<void> {
  const { schema, habits } = tables;
  await session.run(`DELETE FROM ${schema}.habits`);
  await session.run(`INSERT INTO ${schema}.habits VALUES (${habits.no + 1}, ${until})`);
  if (habits.no > 0) await session.run(`DROP TABLE IF EXISTS ${habitsTable(schema, habits.no - 1)}`);
  const row = await session.first<{ counted: number; fresh: number }>(
    `SELECT count(*) FILTER (batch <= ${until}) AS counted, count(*) FILTER (batch > ${until}) AS fresh
     FROM ${schema}.events`,
  );
  session.afterCommit(() => {
    tables.habits = { no: habits.no + 1, until, counted: row?.counted ?? 0, fresh: row?.fresh ?? 0 };
  });
}

/** A question about how often an event happened. */
export interface HabitQuestion {
  /** Number of the event's name. */
  name: number;
  /** SQL that picks the events that count out of rows `e`. */
  filter: string;
  /** SQL of the window's bounds; undefined where it is open. */
  from: string | undefined;
  to: string | undefined;
  /** When only this matters: whether it was so often. */
  atLeast: number | undefined;
}

/**
 * SELECT of `(profile, r)`: how often each profile did it, right up to as many as are kept; with `atLeast`, only of those
 * who did it so often for sure.
 */
export function habitCountsSql(tables: TenantTables, { name, filter, from, to, atLeast }: HabitQuestion): string {
  const { schema, habits, merged } = tables;
  const h = habitsTable(schema, habits.no);
  // The times are in order: from the first one that is in the window on backwards, all later ones are.
  const counts =
    from === undefined
      ? 'h.n'
      : `CASE WHEN h.t4 >= ${from} THEN 4 WHEN h.t3 >= ${from} THEN 3 WHEN h.t2 >= ${from} THEN 2 ELSE 1 END`;
  const inWindow = [`h.name = ${name}`, ...(from === undefined ? [] : [`h.t1 >= ${from}`])].join(' AND ');
  const often =
    from === undefined || atLeast === undefined ? inWindow : `h.name = ${name} AND h.t${atLeast} >= ${from}`;
  // Times after the window may have pushed out some that are in it: those profiles are looked at event by event.
  const [settled, unsettled] = to === undefined ? ['TRUE', undefined] : [`h.t1 < ${to}`, `h.t1 >= ${to}`];
  const base = (condition: string): string =>
    `SELECT h.profile, ${often === inWindow ? counts : atLeast} AS r FROM ${h} h WHERE ${often} AND ${settled}${condition}`;
  // Whose events are not in the table alone, or count for another.
  const others: string[] = [];
  const counted: string[] = [];
  if (merged) others.push(`SELECT origin FROM ${schema}.lineage`, `SELECT root FROM ${schema}.lineage`);
  if (habits.fresh > 0) {
    const fresh = `e.batch > ${habits.until}`;
    others.push(`SELECT e.profile FROM ${schema}.events e WHERE ${fresh} AND e.name = ${name}`);
    counted.push(
      `SELECT e.profile, count(*) AS a FROM ${schema}.events e WHERE ${fresh} AND ${filter} GROUP BY e.profile`,
    );
  }
  if (others.length > 0)
    counted.push(
      `SELECT h.profile, ${counts} AS a FROM ${h} h WHERE ${inWindow} AND ${settled} AND ${isOneOf(others)}`,
    );
  if (unsettled !== undefined) {
    const profiles = `SELECT h.profile FROM ${h} h WHERE h.name = ${name} AND ${unsettled}`;
    counted.push(`SELECT e.profile, count(*) AS a FROM ${schema}.events e SEMI JOIN (${profiles}) x ON x.profile = e.profile
      WHERE e.batch <= ${habits.until} AND ${filter} GROUP BY e.profile`);
  }
  if (counted.length === 0) return base('');
  const [owner, lineage] = merged
    ? ['coalesce(l.root, c.profile)', `LEFT JOIN ${schema}.lineage l ON l.origin = c.profile`]
    : ['c.profile', ''];
  return `${base(others.length === 0 ? '' : ` AND NOT ${isOneOf(others)}`)}
    UNION ALL
    SELECT ${owner} AS profile, sum(c.a)::BIGINT AS r FROM (${counted.join(' UNION ALL ')}) c ${lineage} GROUP BY 1`;
}

/** DuckDB guesses these few to be many, and would make a table of the many instead; it does not where a CASE asks. */
const isOneOf = (selects: readonly string[]): string =>
  `CASE WHEN h.profile IN (${selects.join(' UNION ALL ')}) THEN TRUE ELSE FALSE END`;
