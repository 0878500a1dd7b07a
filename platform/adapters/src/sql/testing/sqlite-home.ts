import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqlDatabase } from '../database.js';
import { migrate } from '../migrate.js';
import { openSqlite } from '../open-sqlite.js';
import type { TestHome } from './test-home.js';

let template: Promise<Buffer> | undefined;

const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'cdp-sql-'));

async function open(content?: Buffer): Promise<SqlDatabase> {
  const folder = temporaryFolder();
  const file = join(folder, 'test.db');
  if (content) writeFileSync(file, content);
  const db = openSqlite({ file, durability: 'off' });
  const close = db.close.bind(db);
  db.close = async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  };
  return db;
}

async function makeTemplate(): Promise<Buffer> {
  const folder = temporaryFolder();
  const file = join(folder, 'template.db');
  const db = openSqlite({ file, durability: 'off' });
  await migrate(db);
  await db.close();
  const bytes = readFileSync(file);
  rmSync(folder, { recursive: true, force: true });
  return bytes;
}

/** In a file that `close` removes. */
export const sqliteHome: TestHome = {
  name: 'SQLite',
  engine: 'sqlite',
  open: async () => {
    template ??= makeTemplate();
    return open(await template);
  },
  openEmpty: () => open(),
  openAnother: () => Promise.reject(new Error('A file of SQLite belongs to one process.')),
};
