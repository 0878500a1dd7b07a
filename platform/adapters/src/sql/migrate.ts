import type { SqlDatabase } from './database.js';
import { migrations } from './migrations/index.js';
import type { Migration } from './migrations/migration.js';

/**
 * Brings the schema up to date; answers the names of what was run. Safe to call at every start, by several processes at once, and
 * again after one that died in the middle.
 */
export async function migrate(db: SqlDatabase, steps: readonly Migration[] = migrations): Promise<string[]> {
  await db.define(
    'CREATE TABLE IF NOT EXISTS schema_migrations (name VARCHAR(190) NOT NULL, run_at BIGINT NOT NULL, PRIMARY KEY (name))',
  );
  // Most starts find nothing to do, and neither wait for others nor load what would do it.
  if ((await missing(db, steps)).length === 0) return [];
  return db.exclusively('migrate', async () => {
    const { Umzug } = await import('umzug');
    const umzug = new Umzug({
      migrations: steps.map((step) => ({ name: step.name, up: () => run(db, step) })),
      storage: {
        executed: () => executed(db),
        // A step notes itself where it runs.
        logMigration: async () => undefined,
        unlogMigration: async () => undefined,
      },
      logger: undefined,
    });
    return (await umzug.up()).map(({ name }) => name);
  });
}

/** The names of the steps that a database lacks, in their order; all of them where it has none. */
export async function pendingMigrations(db: SqlDatabase, steps: readonly Migration[] = migrations): Promise<string[]> {
  try {
    return (await missing(db, steps)).map(({ name }) => name);
  } catch (error) {
    if (db.dialect.isNotThere(error)) return steps.map(({ name }) => name);
    throw error;
  }
}

async function executed(db: SqlDatabase): Promise<string[]> {
  const rows = await db.select<{ name: string }>('SELECT name FROM schema_migrations');
  return rows.map((row) => row.name);
}

async function missing(db: SqlDatabase, steps: readonly Migration[]): Promise<Migration[]> {
  const done = new Set(await executed(db));
  return steps.filter((step) => !done.has(step.name));
}

const run = (db: SqlDatabase, step: Migration): Promise<void> =>
  db.dialect.transactionalDdl ? db.transaction(() => runAtOnce(db, step)) : runOneByOne(db, step);

/** All of a step or nothing. */
async function runAtOnce(db: SqlDatabase, step: Migration): Promise<void> {
  for (const statement of step.statements) await db.define(statement);
  await note(db, step);
}

/**
 * Where each statement stands for itself, how far a step has come is kept, and a step that was left goes on there. The statement
 * that was under way may have been run by the process that died before it could say so.
 */
async function runOneByOne(db: SqlDatabase, step: Migration): Promise<void> {
  const { name, statements } = step;
  await db.define(
    'CREATE TABLE IF NOT EXISTS schema_progress (name VARCHAR(190) NOT NULL, statements INTEGER NOT NULL, PRIMARY KEY (name))',
  );
  const left = await db.selectOne<{ statements: number }>('SELECT statements FROM schema_progress WHERE name = ?', [
    name,
  ]);
  const progress = (done: number) =>
    db.upsertRows('schema_progress', ['name', 'statements'], [[name, done]], { key: ['name'] });
  const first = left?.statements ?? 0;
  if (!left) await progress(0);
  for (let at = first; at < statements.length; at++) {
    await db.define(statements[at] as string).catch((error: unknown) => {
      if (!left || at !== first || !db.dialect.isAlreadyThere(error)) throw error;
    });
    await progress(at + 1);
  }
  await db.transaction(async () => {
    await note(db, step);
    await db.run('DELETE FROM schema_progress WHERE name = ?', [name]);
  });
}

async function note(db: SqlDatabase, { name }: Migration): Promise<void> {
  await db.insertRows('schema_migrations', ['name', 'run_at'], [[name, Date.now()]]);
}
