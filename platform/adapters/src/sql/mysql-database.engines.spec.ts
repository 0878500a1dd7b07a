import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { engineAddress } from '../testing/index.js';
import { DuplicateKeyError, openMysql, type SqlDatabase } from './index.js';
import { openFlakyDoor } from './testing/flaky-door.js';
import { mysqlHome } from './testing/mysql-home.js';

/** Keeps a server busy for hours on three thousand things. */
const ENDLESS = 'SELECT COUNT(*) AS n FROM things a, things b, things c WHERE a.size + b.size + c.size = -1';

/** What was under way while the engine was away may still say so once it is back. */
async function untilBack<T>(ask: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await ask();
    } catch (error) {
      expect(error).toMatchObject({ code: 'unavailable' });
    }
}

describe('SqlDatabase on MySQL', () => {
  let db: SqlDatabase;

  beforeEach(async () => {
    db = await mysqlHome.open();
    await db.define(
      'CREATE TABLE things (tenant_id VARCHAR(64) NOT NULL, id VARCHAR(64) NOT NULL, size BIGINT, note VARCHAR(10), PRIMARY KEY (tenant_id, id))',
    );
  });

  afterEach(() => db.close());

  const put = (id: string, size = 0) => db.insertRows('things', ['tenant_id', 'id', 'size'], [['t', id, size]]);
  const sizes = async () =>
    Object.fromEntries(
      (await db.select<{ id: string; size: number }>('SELECT id, size FROM things')).map(({ id, size }) => [id, size]),
    );

  it('compares text byte by byte, in keys, lists and order', async () => {
    const ids = ['a', 'A', 'á', 'a ', 'a\u0301', 'ß', 'ss', '🙂', '\uffee', 'z'];
    for (const id of ids) expect(await put(id)).toBe(1);
    expect(await db.select('SELECT id FROM things WHERE id IN (?, ?)', ['a', 'SS'])).toEqual([{ id: 'a' }]);
    const rows = await db.select<{ id: string }>('SELECT id FROM things ORDER BY id');
    expect(rows.map(({ id }) => id)).toEqual(ids.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    const after = await db.select<{ id: string }>('SELECT id FROM things WHERE id > ? ORDER BY id LIMIT 1', ['z']);
    expect(after).toEqual([{ id: 'ß' }]);
  });

  it('cuts nothing short, not even where taken keys are passed over', async () => {
    await put('taken');
    const rows = [
      ['t', 'taken', 'short'],
      ['t', 'other', 'much too long'],
    ];
    await expect(db.insertRows('things', ['tenant_id', 'id', 'note'], rows)).rejects.toThrow();
    await expect(
      db.insertRows('things', ['tenant_id', 'id', 'note'], rows, { ignoreDuplicates: true }),
    ).rejects.toThrow("Data truncated for column 'note'");
    expect(await sizes()).toEqual({ taken: 0 });
  });

  it('counts rows that had the value already as changed', async () => {
    await put('a', 5);
    expect(await db.run('UPDATE things SET size = 5 WHERE id = ?', ['a'])).toEqual({ changes: 1 });
  });

  it('writes many rows in portions, all or none, within a transaction that goes on', async () => {
    await put('k4999');
    const rows = Array.from({ length: 5_000 }, (_, i) => ['t', `k${i}`, i]);
    await db.transaction(async () => {
      await expect(db.insertRows('things', ['tenant_id', 'id', 'size'], rows)).rejects.toBeInstanceOf(
        DuplicateKeyError,
      );
      expect(Object.keys(await sizes())).toEqual(['k4999']);
      expect(await db.insertRows('things', ['tenant_id', 'id', 'size'], rows, { ignoreDuplicates: true })).toBe(4_999);
    });
    await db.upsertRows('things', ['tenant_id', 'id', 'size'], rows, { key: ['tenant_id', 'id'] });
    expect(await db.selectOne('SELECT COUNT(*) AS n, SUM(size) AS total FROM things')).toEqual({
      n: 5_000,
      total: 12_497_500,
    });
  });

  it('lets writers go on beside each other, each seeing what is committed', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: inside, resolve: enter } = Promise.withResolvers<void>();
    const long = db.transaction(async () => {
      await put('long');
      enter();
      await released;
      expect(Object.keys(await sizes()).sort()).toEqual(['long', 'short']);
    });
    await inside;
    await put('short');
    expect(Object.keys(await sizes())).toEqual(['short']);
    release();
    await long;
  });

  it('runs a transaction again that was given up for another', async () => {
    await put('a');
    await put('b');
    const runs: string[] = [];
    const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const add = async (first: string, second: string, at: 0 | 1) =>
      db.transaction(async () => {
        runs.push(first);
        await db.run('UPDATE things SET size = size + 1 WHERE tenant_id = ? AND id = ?', ['t', first]);
        both[at]?.resolve();
        await both[1 - at]?.promise;
        await db.run('UPDATE things SET size = size + 1 WHERE tenant_id = ? AND id = ?', ['t', second]);
      });
    await Promise.all([add('a', 'b', 0), add('b', 'a', 1)]);
    expect(await sizes()).toEqual({ a: 2, b: 2 });
    expect(runs.length).toBeGreaterThan(2);
  });

  it('keeps nothing apart from a transaction that went on after it was given up', async () => {
    await put('a');
    await put('b');
    const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const add = async (first: string, second: string, at: 0 | 1) =>
      db.transaction(async () => {
        await db.run('UPDATE things SET size = size + 1 WHERE tenant_id = ? AND id = ?', ['t', first]);
        both[at]?.resolve();
        await both[1 - at]?.promise;
        await db
          .run('UPDATE things SET size = size + 1 WHERE tenant_id = ? AND id = ?', ['t', second])
          .catch(() => undefined);
        // Without the transaction this would be kept at once, once more at each try.
        await db.run('UPDATE things SET size = size + 10 WHERE tenant_id = ? AND id = ?', ['t', first]);
      });
    await Promise.all([add('a', 'b', 0), add('b', 'a', 1)]);
    expect(await sizes()).toEqual({ a: 12, b: 12 });
  });

  it('tells an engine that is away from a mistake, and comes back with it', async () => {
    const { hostname, port } = new URL(engineAddress('CDP_MYSQL_URL'));
    const door = await openFlakyDoor({ host: hostname, port: Number(port) });
    const url = new URL(mysqlHome.addressOf(db));
    url.port = String(door.port);
    const far = openMysql({ url: url.href, statementTimeoutMs: 500, acquireTimeoutMs: 2_000 });
    await far.select('SELECT 1 AS one');
    const { promise: cut, resolve: cutNow } = Promise.withResolvers<void>();
    const { promise: inside, resolve: enter } = Promise.withResolvers<void>();
    const interrupted = far.transaction(async () => {
      await far.insertRows('things', ['tenant_id', 'id'], [['t', 'lost']]);
      enter();
      await cut;
      await far.insertRows('things', ['tenant_id', 'id'], [['t', 'lost too']]);
    });
    await inside;
    await door.shut();
    cutNow();
    await expect(interrupted).rejects.toMatchObject({ code: 'unavailable' });
    await expect(far.select('SELECT 1 AS one')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(far.transaction(async () => undefined)).rejects.toMatchObject({ code: 'unavailable' });
    await door.reopen();
    expect(await untilBack(() => far.select('SELECT id FROM things'))).toEqual([]);
    await expect(far.select('SELECT nonsense')).rejects.not.toHaveProperty('code', 'unavailable');
    await far.close();
    await door.shut();
  });

  it('does not wait for an engine that answers nothing', async () => {
    const { hostname, port } = new URL(engineAddress('CDP_MYSQL_URL'));
    const door = await openFlakyDoor({ host: hostname, port: Number(port) });
    const url = new URL(mysqlHome.addressOf(db));
    url.port = String(door.port);
    const far = openMysql({ url: url.href, connections: 1, statementTimeoutMs: 200, acquireTimeoutMs: 2_000 });
    await far.select('SELECT 1 AS one');
    door.jam();
    await expect(far.select('SELECT 1 AS one')).rejects.toMatchObject({ code: 'unavailable' });
    door.unjam();
    expect(await far.select('SELECT 2 AS two')).toEqual([{ two: 2 }]);
    await far.close();
    await door.shut();
  });

  it('stops a statement at the server that takes too long, and uses its connection no more for it', async () => {
    const rows = Array.from({ length: 3_000 }, (_, i) => ['t', `k${i}`, i]);
    await db.insertRows('things', ['tenant_id', 'id', 'size'], rows);
    const hurried = openMysql({ url: mysqlHome.addressOf(db), connections: 1, statementTimeoutMs: 300 });
    await expect(hurried.select(ENDLESS)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await hurried.select('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const running = await db.select<{ info: string | null }>('SELECT info AS info FROM information_schema.processlist');
    expect(running.filter(({ info }) => info?.startsWith('SELECT COUNT'))).toEqual([]);
    await hurried.close();
  });

  it('names wrong credentials and a database that is not there as what they are', async () => {
    const url = new URL(mysqlHome.addressOf(db));
    url.password = 'wrong-secret';
    const stranger = openMysql({ url: url.href });
    const refused = await stranger.select('SELECT 1').catch((error: Error) => error);
    expect(refused).not.toHaveProperty('code', 'unavailable');
    expect(String(refused)).toMatch(/Access denied/);
    expect(JSON.stringify(refused)).not.toContain('wrong-secret');
    await stranger.close();
  });

  it('keeps instants in UTC and numbers whole', async () => {
    const session = await db.selectOne<{ zone: string; big: number }>(
      'SELECT @@session.time_zone AS zone, CAST(9007199254740991 AS SIGNED) AS big',
    );
    expect(session).toEqual({ zone: '+00:00', big: Number.MAX_SAFE_INTEGER });
  });
});
