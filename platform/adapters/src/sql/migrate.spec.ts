import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeSchema } from './describe-schema.js';
import { migrate, openSqlite } from './index.js';
import { migrations } from './migrations/index.js';
import { openTestDatabase } from './testing/index.js';

describe('migrate', () => {
  it('runs each step once, in order, and all of a step or nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cdp-migrate-'));
    const db = openSqlite({ file: join(folder, 'a.db'), durability: 'off' });
    const first = { name: '0001-first', statements: ['CREATE TABLE a (id VARCHAR(10) NOT NULL, PRIMARY KEY (id))'] };
    const broken = { name: '0002-broken', statements: ['CREATE TABLE b (id BIGINT)', 'CREATE NONSENSE'] };
    const mended = { name: '0002-broken', statements: ['CREATE TABLE b (id BIGINT)'] };
    expect(await migrate(db, [first])).toEqual(['0001-first']);
    await expect(migrate(db, [first, broken])).rejects.toThrow();
    expect(await db.select("SELECT name FROM sqlite_master WHERE name = 'b'")).toEqual([]);
    expect(await migrate(db, [first, mended])).toEqual(['0002-broken']);
    expect(await migrate(db, [first, mended])).toEqual([]);
    await db.close();
    rmSync(folder, { recursive: true });
  });

  it('has steps whose names order them as they are listed', () => {
    const names = migrations.map((step) => step.name);
    expect(names).toEqual([...names].sort());
    expect(new Set(names).size).toBe(names.length);
  });

  it('is what docs/reference/schema.sql says (npm run schema rewrites it)', async () => {
    const file = join(import.meta.dirname, '../../../../docs/reference/schema.sql');
    const db = await openTestDatabase();
    expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(await describeSchema(db));
    await db.close();
  });
});
