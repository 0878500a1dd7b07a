import type { DuckdbSession } from './duckdb-session.js';
import { MORE_SQL, ValuePaths } from './value-paths.js';

/** The tables of one tenant, in a schema of its own. None has an index: a scan of a column beats keeping one. */
export const tenantTables = (schema: string): string[] => [
  `CREATE SCHEMA IF NOT EXISTS ${schema}`,
  // Event names as small numbers.
  `CREATE TABLE IF NOT EXISTS ${schema}.names (no INTEGER, name VARCHAR)`,
  // Which typed columns `events` and `profiles` have for which path of the documents.
  `CREATE TABLE IF NOT EXISTS ${schema}.paths (subject VARCHAR, seq INTEGER, no INTEGER, path VARCHAR, mark VARCHAR)`,
  // `hash` finds a message without comparing text; `batch` only grows.
  `CREATE TABLE IF NOT EXISTS ${schema}.events (
     profile UUID, name INTEGER, ts BIGINT, received_at BIGINT, type VARCHAR, hash INTEGER, message_id VARCHAR,
     source VARCHAR, properties VARCHAR, context VARCHAR, batch BIGINT, more ${MORE_SQL})`,
  // How often and when last each profile did what, of all events up to batch `until`, is kept in a table `h<no>`.
  `CREATE TABLE IF NOT EXISTS ${schema}.habits (no INTEGER, until BIGINT)`,
  // Whose events count for whom: `origin` was merged into `owner`; `root` is where the chain of merges ends.
  `CREATE TABLE IF NOT EXISTS ${schema}.lineage (origin UUID, owner UUID, root UUID)`,
  `CREATE TABLE IF NOT EXISTS ${schema}.profiles (
     id UUID, version BIGINT, active BOOLEAN, platforms UTINYINT, consents VARCHAR[], search VARCHAR, more ${MORE_SQL})`,
  // Each has its members as of some time in a table `m<no>`, and the differences of its last build in `c<no>`; when they
  // are `whole`, the differences are that all of `m<no>` entered.
  `CREATE TABLE IF NOT EXISTS ${schema}.segments (id VARCHAR, no INTEGER, whole BOOLEAN)`,
  // Members that came and went since then, in the order of their coming and going.
  `CREATE TABLE IF NOT EXISTS ${schema}.moves (seq BIGINT, segment INTEGER, profile UUID, entered BOOLEAN, ts BIGINT)`,
  // Each has its members in a table `s<no>`.
  `CREATE TABLE IF NOT EXISTS ${schema}.snapshots (name VARCHAR, no INTEGER, size BIGINT)`,
];

/** What is known of a tenant's tables without asking them: committed state alone. */
export interface TenantTables {
  /** Name of the schema. */
  readonly name: string;
  /** The same in quotes, as statements want it. */
  readonly schema: string;
  /** Numbers of event names. */
  readonly names: Map<string, number>;
  /** The other way round; also of names that are about to be committed. */
  readonly nameOf: string[];
  properties: ValuePaths;
  traits: ValuePaths;
  /** Number of the next batch of events. */
  nextBatch: number;
  /** The table of habits, -1 for none; the last batch that it counts; its events, and those that came after. */
  habits: { no: number; until: number; counted: number; fresh: number };
  /** Erasures so far: what was read before one may not be written after it. */
  erasures: number;
  /** Whether there is any lineage to resolve. */
  merged: boolean;
  /** Numbers of segments by id, and of snapshots by name. */
  readonly segments: Map<string, number>;
  readonly snapshots: Map<string, number>;
  /** How many rows `moves` has had, and has. */
  moves: { next: number; count: number };
}

export interface ColumnBounds {
  /** Columns for event properties, at most. */
  properties: number;
  /** Columns for traits, at most. */
  traits: number;
}

export async function loadTenantTables(
  session: DuckdbSession,
  name: string,
  bounds: ColumnBounds,
): Promise<TenantTables> {
  const schema = `"${name}"`;
  const tables: TenantTables = {
    name,
    schema,
    names: new Map(),
    nameOf: [],
    properties: await ValuePaths.load(session, schema, 'events', bounds.properties),
    traits: await ValuePaths.load(session, schema, 'profiles', bounds.traits),
    nextBatch:
      (await session.first<{ next: number }>(`SELECT coalesce(max(batch) + 1, 0) AS next FROM ${schema}.events`))
        ?.next ?? 0,
    habits: (await session.first<TenantTables['habits']>(
      `WITH s AS (SELECT coalesce(max(no), -1) AS no, coalesce(max(until), -1) AS until FROM ${schema}.habits)
       SELECT any_value(no) AS no, any_value(until) AS until, count(batch) FILTER (batch <= until) AS counted,
         count(batch) FILTER (batch > until) AS fresh FROM s LEFT JOIN ${schema}.events ON TRUE`,
    )) as TenantTables['habits'],
    erasures: 0,
    merged: (await session.first(`SELECT 1 FROM ${schema}.lineage LIMIT 1`)) !== undefined,
    segments: new Map(),
    snapshots: new Map(),
    moves: (await session.first<TenantTables['moves']>(
      `SELECT coalesce(max(seq) + 1, 0) AS next, count(*) AS count FROM ${schema}.moves`,
    )) as TenantTables['moves'],
  };
  for (const row of await session.rows<{ no: number; name: string }>(`SELECT no, name FROM ${schema}.names`)) {
    tables.names.set(row.name, row.no);
    tables.nameOf[row.no] = row.name;
  }
  for (const { id, no } of await session.rows<{ id: string; no: number }>(`SELECT id, no FROM ${schema}.segments`))
    tables.segments.set(id, no);
  for (const { name: key, no } of await session.rows<{ name: string; no: number }>(
    `SELECT name, no FROM ${schema}.snapshots`,
  ))
    tables.snapshots.set(key, no);
  return tables;
}
