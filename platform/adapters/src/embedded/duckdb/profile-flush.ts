import type { ProfileDocument } from '@cdp/core/profile';
import { BIGINT, UUID } from '@duckdb/node-api';
import type { DuckdbSession } from './duckdb-session.js';
import { profileColumns, traitsOf } from './profile-rows.js';
import type { TenantTables } from './tenant-tables.js';
import { uuidValue } from './uuid.js';
import { encodeValues } from './value-encoder.js';

/** Replaces the rows of profiles by those of newer documents, in the transaction under way; each profile comes once. */
export async function flushProfiles(
  session: DuckdbSession,
  tables: TenantTables,
  documents: readonly ProfileDocument[],
): Promise<void> {
  const profiles = `${tables.schema}.profiles`;
  await session.run('CREATE OR REPLACE TEMP TABLE incoming (id UUID, version BIGINT)');
  await session.appendTemporary('incoming', [
    { type: UUID, values: documents.map(({ id }) => uuidValue(id)) },
    { type: BIGINT, values: documents.map(({ version }) => BigInt(version)) },
  ]);
  const stale = await session.rows<{ id: string }>(
    `SELECT i.id FROM ${profiles} p JOIN incoming i ON i.id = p.id WHERE p.version >= i.version`,
  );
  const newer = withoutStale(documents, stale);
  if (newer.length === 0) return;
  const traits = newer.map(traitsOf);
  const { paths, columns, more } = encodeValues(tables.traits, traits);
  if (paths !== tables.traits) {
    await paths.extendTable(session);
    session.afterCommit(() => {
      tables.traits = paths;
    });
  }
  // After the new columns: DuckDB refuses to alter a table that the same transaction has deleted from.
  await session.run(`DELETE FROM ${profiles} p USING incoming i WHERE p.id = i.id AND p.version < i.version`);
  await session.append(tables.name, 'profiles', [...profileColumns(newer, traits), more, ...columns]);
}

function withoutStale(
  documents: readonly ProfileDocument[],
  stale: readonly { id: string }[],
): readonly ProfileDocument[] {
  if (stale.length === 0) return documents;
  const ids = new Set(stale.map(({ id }) => id));
  return documents.filter(({ id }) => !ids.has(id));
}
