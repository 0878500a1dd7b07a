import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SqlDatabase } from './index.js';
import { makeHotCalls } from './testing/hot-calls.js';
import { mysqlHome } from './testing/mysql-home.js';
import { describePlans, plansOf, type QueryPlan, type TableAccess } from './testing/query-plans.js';
import { fillTables, TENANT_KEYED, TENANT_SIZED } from './testing/tenant-sized-data.js';

/** Beside the stores, in the sources. */
const FILE = new URL('../../src/sql/query-plans.txt', import.meta.url);
/** Of a key, `tenant_id` alone: 64 characters at 4 bytes, and the length. */
const TENANT_BYTES = 258;

describe('the plans of hot statements', () => {
  let db: SqlDatabase;
  let plans: QueryPlan[];

  beforeAll(async () => {
    db = await mysqlHome.open();
    await fillTables(db);
    plans = await plansOf(db, makeHotCalls);
  });

  afterAll(() => db.close());

  /** Reads no more than the page that it gives. */
  const isPage = (sql: string, { sorts }: TableAccess) => /LIMIT \?$/.test(sql) && !sorts;
  const offending = (wrong: (sql: string, access: TableAccess) => boolean) =>
    plans.filter(({ sql, tables }) => tables.some((access) => wrong(sql, access))).map((plan) => describePlans([plan]));

  it('are of every table that grows with what people do', () => {
    for (const table of TENANT_SIZED) expect(plans.map(({ sql }) => sql).join('\n')).toContain(table);
  });

  it('read no such table, nor an index of it, from end to end', () => {
    const scans = (sql: string, access: TableAccess) =>
      TENANT_SIZED.some((table) => new RegExp(`\\b${table}\\b`).test(sql)) &&
      !SMALL.has(access.table) &&
      !access.table.startsWith('<') &&
      ['ALL', 'index'].includes(access.access) &&
      !isPage(sql, access);
    expect(offending(scans)).toEqual([]);
  });

  it('name more of a key than the tenant, where they want more than a page', () => {
    const reads = (sql: string, access: TableAccess) =>
      TENANT_KEYED.includes(access.table) &&
      access.access !== 'unique_subquery' &&
      access.keyLength === TENANT_BYTES &&
      !isPage(sql, access) &&
      !/LIMIT 1$|^SELECT DISTINCT channel/.test(sql);
    expect(offending(reads)).toEqual([]);
  });

  it('are those of query-plans.txt (npm run query-plans rewrites it), which MariaDB made', async () => {
    const server = await db.selectOne<{ version: string }>('SELECT VERSION() AS version');
    // MySQL plans for itself; what is held above holds there too.
    if (server?.version.includes('MariaDB'))
      expect(`${describePlans(plans)}\n`).toBe(readFileSync(FILE, 'utf8').replace(/^(#.*\n)+\n/, ''));
  });
});

/** By the name that they have in a statement: as many rows as a tenant has channels. */
const SMALL = new Set(['c', 'channels']);
