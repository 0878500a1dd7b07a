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

/**
 * SELECT of `(profile, r)`: how often each profile did what the events `e` of the filter are, right up to as many as are
 * kept. `from` and `to` are SQL of the window's bounds; undefined: open.
 */
export function habitCountsSql(
  tables: TenantTables,
  name: number,
  filter: string,
  from: string | undefined,
  to: string | undefined,
): string {
  const { schema, habits, merged } = tables;
  const h = habitsTable(schema, habits.no);
  const inWindow = (time: string): string =>
    [`${time} IS NOT NULL`, from && `${time} >= ${from}`, to && `${time} < ${to}`].filter(Boolean).join(' AND ');
  const ever = from === undefined && to === undefined;
  const count = ever ? 'h.n' : [1, 2, 3, 4].map((one) => `(${inWindow(`h.t${one}`)})::BIGINT`).join(' + ');
  const base = [`h.name = ${name}`, ...(from === undefined ? [] : [`h.t1 >= ${from}`])].join(' AND ');
  // Times after the window may have pushed out some that are in it: those profiles are looked at event by event.
  const unsure = to === undefined ? undefined : `h.n > ${KEPT_TIMES} AND h.t1 >= ${to}`;
  const sure = unsure === undefined ? base : `${base} AND NOT (${unsure})`;
  const fresh = `e.batch > ${habits.until}`;
  const rest = [`SELECT e.profile FROM ${schema}.events e WHERE ${fresh} AND e.name = ${name}`];
  const counted = [
    `SELECT h.profile, ${count} AS a FROM ${h} h SEMI JOIN (${'$rest'}) x ON x.profile = h.profile WHERE ${sure}`,
    `SELECT e.profile, count(*) AS a FROM ${schema}.events e WHERE ${fresh} AND ${filter} GROUP BY e.profile`,
  ];
  if (unsure !== undefined) {
    const profiles = `SELECT h.profile FROM ${h} h WHERE ${base} AND ${unsure}`;
    rest.push(profiles);
    counted.push(`SELECT e.profile, count(*) AS a FROM ${schema}.events e SEMI JOIN (${profiles}) x ON x.profile = e.profile
      WHERE e.batch <= ${habits.until} AND ${filter} GROUP BY e.profile`);
  }
  if (merged) rest.push(`SELECT origin FROM ${schema}.lineage`, `SELECT root FROM ${schema}.lineage`);
  const others = rest.join(' UNION ALL ');
  const [owner, lineage] = merged
    ? ['coalesce(l.root, c.profile)', `LEFT JOIN ${schema}.lineage l ON l.origin = c.profile`]
    : ['c.profile', ''];
  return `SELECT h.profile, ${count} AS r FROM ${h} h ANTI JOIN (${others}) x ON x.profile = h.profile WHERE ${sure}
    UNION ALL
    SELECT ${owner} AS profile, sum(c.a)::BIGINT AS r
    FROM (${counted.join(' UNION ALL ').replace('$rest', others)}) c ${lineage} GROUP BY 1`;
}
