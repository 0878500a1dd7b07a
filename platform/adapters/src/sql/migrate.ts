import { Umzug } from 'umzug';
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
  const umzug = new Umzug({
    migrations: steps.map((step) => ({ name: step.name, up: () => run(db, step) })),
    storage: {
      executed: async () =>
        (await db.select<{ name: string }>('SELECT name FROM schema_migrations')).map((row) => row.name),
      // A step notes itself in its own transaction, so that a crash cannot part the two.
      logMigration: async () => {},
      unlogMigration: async () => {},
    },
    logger: undefined,
  });
  return (await umzug.up()).map((step) => step.name);
}

async function run(db: SqlDatabase, step: Migration): Promise<void> {
  await db.transaction(async () => {
    for (const statement of step.statements) await db.run(db.dialect.ddl(statement));
    await db.insertRows('schema_migrations', ['name', 'run_at'], [[step.name, Date.now()]]);
  });
}
