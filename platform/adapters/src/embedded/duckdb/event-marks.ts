import type { DuckdbSession } from './duckdb-session.js';
import type { TenantTables } from './tenant-tables.js';

/**
 * Sorts the events that no run has yet into a new run of marks, in the transaction under way. Within a run the rows of one
 * name lie together and in the order of time, so that a question about a name and a window skips nearly all the others.
 */
export async function markEvents(session: DuckdbSession, tables: TenantTables): Promise<void> {
  const { schema, batches } = tables;
  const run = batches.next - 1;
  await session.run(
    `INSERT INTO ${schema}.marks SELECT ${run}, name, ts, profile FROM ${schema}.events
     WHERE batch > ${batches.marked} AND batch <= ${run} ORDER BY name, ts`,
  );
  session.afterCommit(() => {
    const { next, unmarked } = tables.batches;
    tables.batches = { next, marked: run, unmarked: unmarked - batches.unmarked };
  });
}
