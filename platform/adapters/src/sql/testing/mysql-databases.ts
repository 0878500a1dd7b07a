import { randomBytes } from 'node:crypto';
import { engineAddress } from '../../testing/index.js';
import type { SqlDatabase } from '../database.js';
import { migrate } from '../migrate.js';
import { openMysql } from '../open-mysql.js';
import type { TestHome } from './test-home.js';

/** Databases of this process that are as fresh as new ones. To make the tables anew for each test would take most of its time. */
const fresh: string[] = [];
const made: string[] = [];
const nameOf = new WeakMap<SqlDatabase, string>();

const address = (database: string): string => {
  const url = new URL(engineAddress('CDP_MYSQL_URL'));
  url.pathname = `/${database}`;
  return url.href;
};

async function onServer(work: (db: SqlDatabase) => Promise<void>): Promise<void> {
  const db = openMysql({ url: engineAddress('CDP_MYSQL_URL'), connections: 1 });
  try {
    await work(db);
  } finally {
    await db.close();
  }
}

async function make(): Promise<string> {
  const name = `cdp_test_${randomBytes(8).toString('hex')}`;
  await onServer(async (db) => {
    await db.run(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  });
  made.push(name);
  return name;
}

function open(name: string, onClose: (db: SqlDatabase) => Promise<void>): SqlDatabase {
  const db = openMysql({ url: address(name), connections: 8 });
  nameOf.set(db, name);
  const close = db.close.bind(db);
  let closed: Promise<void> | undefined;
  db.close = () => {
    closed ??= onClose(db).then(close);
    return closed;
  };
  return db;
}

/** The tables that the migrations make. */
let known: ReadonlySet<string> | undefined;

async function tablesOf(db: SqlDatabase): Promise<string[]> {
  const rows = await db.select<{ name: string }>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
  );
  return rows.map(({ name }) => name);
}

/** Tables whose one row counts: what the migrations put in stays, and counts on. */
const KEPT = new Set(['schema_migrations', 'tenancy_changes', 'definition_counter', 'identity_splits']);

/** Takes out of every table what a test put in, and every table that it made. */
async function empty(db: SqlDatabase): Promise<void> {
  for (const name of await tablesOf(db)) {
    if (!known?.has(name)) await db.run(`DROP TABLE ${name}`);
    else if (!KEPT.has(name)) await db.run(`DELETE FROM ${name}`);
  }
  // Some specs look at the numbers themselves.
  await db.run('UPDATE tenancy_changes SET last_change = 0');
}

export const mysqlHome: TestHome & { addressOf(db: SqlDatabase): string } = {
  name: 'MySQL',
  engine: 'mysql',
  open: async () => {
    const name = fresh.pop() ?? (await make());
    const db = open(name, async (used) => {
      await empty(used);
      fresh.push(name);
    });
    await migrate(db);
    known ??= new Set(await tablesOf(db));
    return db;
  },
  openEmpty: async () => open(await make(), async () => undefined),
  addressOf: (db) => address(nameOf.get(db) as string),
  openAnother: async (db) => open(nameOf.get(db) as string, async () => undefined),
};

/** Removes every database that was made here. */
export const dropDatabases = (): Promise<void> =>
  onServer(async (db) => {
    for (const name of made) await db.run(`DROP DATABASE IF EXISTS ${name}`);
  });
