/**
 * The members of a segment as `(profile, since)`: those of its table, changed by the moves since. Entering twice counts
 * once, from the first time after the last exit.
 */
export const membersSql = (schema: string, segment: number): string => `(
  WITH latest AS (
    SELECT profile, arg_max(entered, seq) AS entered, max(seq) FILTER (NOT entered) AS left_at
    FROM ${schema}.moves WHERE segment = ${segment} GROUP BY profile),
  entries AS (
    SELECT l.profile, any_value(l.left_at) AS left_at, min_by(v.ts, v.seq) AS since
    FROM latest l JOIN ${schema}.moves v
      ON v.segment = ${segment} AND v.profile = l.profile AND v.entered AND v.seq > coalesce(l.left_at, -1)
    WHERE l.entered GROUP BY l.profile)
  SELECT m.profile, m.since FROM ${schema}.m${segment} m ANTI JOIN latest l ON l.profile = m.profile
  UNION ALL
  SELECT e.profile, CASE WHEN e.left_at IS NULL THEN coalesce(m.since, e.since) ELSE e.since END AS since
  FROM entries e LEFT JOIN ${schema}.m${segment} m ON m.profile = e.profile)`;

/** The differences of a segment's last build as `(profile, entered, ts)`. */
export const changesSql = (schema: string, segment: number): string => `(
  SELECT profile, entered, ts FROM ${schema}.c${segment}
  UNION ALL
  SELECT profile, true AS entered, since AS ts FROM ${schema}.m${segment}
  WHERE (SELECT whole FROM ${schema}.segments WHERE no = ${segment}))`;

export const memberTables = (schema: string, segment: number): string[] => [
  `CREATE TABLE ${schema}.m${segment} (profile UUID, since BIGINT)`,
  `CREATE TABLE ${schema}.c${segment} (profile UUID, entered BOOLEAN, ts BIGINT)`,
];
