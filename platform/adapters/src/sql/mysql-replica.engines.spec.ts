import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openMysql, type SqlDatabase } from './index.js';
import { openFlakyDoor } from './testing/flaky-door.js';
import { mysqlHome } from './testing/mysql-home.js';

describe('a read replica', () => {
  let primary: SqlDatabase;
  let copy: SqlDatabase;
  let door: Awaited<ReturnType<typeof openFlakyDoor>>;
  let db: SqlDatabase;

  /** A copy that lags for good, so that an answer shows where it comes from. */
  beforeEach(async () => {
    [primary, copy] = [await mysqlHome.openEmpty(), await mysqlHome.openEmpty()];
    for (const [one, id] of [
      [primary, 'new'],
      [copy, 'old'],
    ] as const) {
      await one.define('CREATE TABLE things (id VARCHAR(10) NOT NULL, PRIMARY KEY (id))');
      await one.insertRows('things', ['id'], [[id]]);
    }
    const url = new URL(mysqlHome.addressOf(copy));
    door = await openFlakyDoor({ host: url.hostname, port: Number(url.port) });
    url.port = String(door.port);
    db = openMysql({
      url: mysqlHome.addressOf(primary),
      replicaUrl: url.href,
      replicaRetryMs: 100,
      statementTimeoutMs: 500,
    });
  });

  afterEach(async () => {
    await db.close();
    await door.shut();
    await primary.close();
    await copy.close();
  });

  const late = async () => (await db.selectLate<{ id: string }>('SELECT id FROM things'))[0]?.id;

  it('answers what may be late, and nothing else', async () => {
    expect(await late()).toBe('old');
    expect(await db.select('SELECT id FROM things')).toEqual([{ id: 'new' }]);
    expect(await db.transaction(late)).toBe('new');
    await db.run("INSERT INTO things (id) VALUES ('newer')");
    expect(await copy.select('SELECT id FROM things')).toEqual([{ id: 'old' }]);
  });

  it('is stood in for while it is away, and used again when it is back', async () => {
    expect(await late()).toBe('old');
    await door.shut();
    for (let n = 0; n < 20; n++) expect(await late()).toBe('new');
    await door.reopen();
    while ((await late()) !== 'old');
  });

  it('is not waited for by all when it answers nothing', async () => {
    expect(await late()).toBe('old');
    door.jam();
    expect(await Promise.all([late(), late()])).toEqual(['new', 'new']);
    door.unjam();
    while ((await late()) !== 'old');
  });

  it('takes no writes', async () => {
    await expect(db.selectLate("INSERT INTO things (id) VALUES ('astray')").then(() => late())).resolves.toBeDefined();
    expect(await copy.select('SELECT id FROM things')).toEqual([{ id: 'old' }]);
  });

  it('hands on the mistakes of a statement', async () => {
    await expect(db.selectLate('SELECT nonsense')).rejects.not.toHaveProperty('code', 'unavailable');
    expect(await late()).toBe('old');
  });
});
