import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqlDatabase } from '../database.js';
import { migrate } from '../migrate.js';
import { openSqlite } from '../open-sqlite.js';

let template: Promise<Buffer> | undefined;

/** A fresh database with every migration run, in a file that `close` removes. */
export async function openTestDatabase(): Promise<SqlDatabase> {
  template ??= makeTemplate();
  const folder = temporaryFolder();
  const file = join(folder, 'test.db');
  writeFileSync(file, await template);
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

const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'cdp-sql-'));
