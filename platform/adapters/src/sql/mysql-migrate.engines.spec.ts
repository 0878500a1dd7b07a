import { describe, expect, it } from '@jest/globals';
import { migrate, openMysql } from './index.js';
import { migrations } from './migrations/index.js';
import { mysqlHome } from './testing/mysql-home.js';

const table = (name: string) => `CREATE TABLE ${name} (id VARCHAR(10) NOT NULL, PRIMARY KEY (id))`;

describe('migrate on MySQL', () => {
  it('is run once by processes that start together', async () => {
    const db = await mysqlHome.openEmpty();
    const url = mysqlHome.addressOf(db);
    const others = Array.from({ length: 3 }, () => openMysql({ url, connections: 2 }));
    const ran = await Promise.all([db, ...others].map((one) => migrate(one)));
    expect(ran.flat().sort()).toEqual(migrations.map(({ name }) => name));
    expect(await migrate(db)).toEqual([]);
    for (const one of [db, ...others]) await one.close();
  });

  it('goes on where a step was left, also when its statement was made but not noted', async () => {
    const db = await mysqlHome.openEmpty();
    const broken = { name: '0001-a', statements: [table('a'), table('b'), 'CREATE NONSENSE'] };
    await expect(migrate(db, [broken])).rejects.toThrow();
    // As a process leaves it that dies between the statement and its note.
    await db.define(table('c'));
    const mended = { name: '0001-a', statements: [table('a'), table('b'), table('c'), table('d')] };
    expect(await migrate(db, [mended])).toEqual(['0001-a']);
    expect(await db.select('SELECT id FROM d')).toEqual([]);
    expect(await db.select('SELECT name FROM schema_progress')).toEqual([]);
    await db.close();
  });

  it('does not take for its own what somebody else made before', async () => {
    const db = await mysqlHome.openEmpty();
    await db.define(table('a'));
    await expect(migrate(db, [{ name: '0001-a', statements: [table('a')] }])).rejects.toThrow();
    await db.close();
  });

  it('makes tables that compare text exactly and keep transactions', async () => {
    const db = await mysqlHome.open();
    const tables = await db.select<{ engine: string; collation: string }>(
      `SELECT engine AS engine, table_collation AS collation FROM information_schema.tables
       WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'`,
    );
    expect(tables.length).toBeGreaterThan(30);
    for (const { engine, collation } of tables)
      expect([engine, collation]).toEqual(['InnoDB', expect.stringMatching(/^utf8mb4_(nopad|0900)_bin$/)]);
    await db.close();
  });
});
