import type { SqlDatabase } from './database.js';
import { migrations } from './migrations/index.js';
import type { Migration } from './migrations/migration.js';

/** Brings the schema up to date; answers the names of what was run. Safe to call at every start. */
export async function migrate(db: SqlDatabase, steps: readonly Migration[] = migrations): Promise<string[]> {
  await db.run(
    db.dialect.ddl(
      'CREATE TABLE IF NOT EXISTS schema_migrations (name VARCHAR(190) NOT NULL, run_at BIGINT NOT NULL, PRIMARY KEY (name))',
    ),
  );
  const rows = await db.select<{ name: string }>('SELECT name FROM schema_migrations');
  const done = new Set(rows.map((row) => row.name));
  const missing = steps.filter((step) => !done.has(step.name));
  for (const step of missing) await run(db, step);
  return missing.map((step) => step.name);
}

/** A step notes itself in its own transaction, so that a crash cannot part the two. */
async function run(db: SqlDatabase, step: Migration): Promise<void> {
  await db.transaction(async () => {
    for (const statement of step.statements) await db.run(db.dialect.ddl(statement));
    await db.insertRows('schema_migrations', ['name', 'run_at'], [[step.name, Date.now()]]);
  });
}
