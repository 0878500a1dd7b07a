import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DuplicateKeyError, marks, type SqlDatabase } from './index.js';
import { openTestDatabase } from './testing/index.js';

describe('SqlDatabase', () => {
  let db: SqlDatabase;

  beforeEach(async () => {
    db = await openTestDatabase();
    await db.run(
      'CREATE TABLE things (tenant_id VARCHAR(64) NOT NULL, id VARCHAR(64) NOT NULL, size BIGINT, body BLOB, PRIMARY KEY (tenant_id, id))',
    );
  });

  afterEach(() => db.close());

  const count = async () => (await db.selectOne<{ n: number }>('SELECT COUNT(*) AS n FROM things'))?.n;

  it('binds values in order, also beside a question mark in a literal', async () => {
    await db.run("INSERT INTO things (tenant_id, id, size, body) VALUES (?, 'why?', ?, ?)", [
      't',
      9_007_199_254_740_991,
      new Uint8Array([1, 0, 255]),
    ]);
    const row = await db.selectOne<{ id: string; size: number; body: Uint8Array }>(
      `SELECT * FROM things WHERE tenant_id IN (${marks(['t', 'u'])})`,
      ['t', 'u'],
    );
    expect(row?.id).toBe('why?');
    expect(row?.size).toBe(9_007_199_254_740_991);
    expect([...(row?.body ?? [])]).toEqual([1, 0, 255]);
  });

  it('keeps text that looks like a bind parameter as it is', async () => {
    await db.insertRows('things', ['tenant_id', 'id'], [['t', '$1 and ?']]);
    expect(await db.select('SELECT id FROM things WHERE id = ?', ['$1 and ?'])).toHaveLength(1);
  });

  it('says how many rows a statement changed', async () => {
    await db.insertRows(
      'things',
      ['tenant_id', 'id', 'size'],
      [
        ['t', 'a', 1],
        ['t', 'b', 1],
      ],
    );
    expect(await db.run('UPDATE things SET size = ? WHERE size = ?', [2, 1])).toEqual({ changes: 2 });
    expect(await db.run('DELETE FROM things WHERE id = ?', ['nothing'])).toEqual({ changes: 0 });
  });

  it('names a taken key, and inserts all rows or none', async () => {
    await db.insertRows('things', ['tenant_id', 'id'], [['t', 'a']]);
    const rows = [
      ['t', 'b'],
      ['t', 'a'],
    ];
    await expect(db.insertRows('things', ['tenant_id', 'id'], rows)).rejects.toBeInstanceOf(DuplicateKeyError);
    await expect(db.run("INSERT INTO things (tenant_id, id) VALUES ('t', 'a')")).rejects.toBeInstanceOf(
      DuplicateKeyError,
    );
    expect(await count()).toBe(1);
    expect(await db.insertRows('things', ['tenant_id', 'id'], rows, { ignoreDuplicates: true })).toBe(1);
    expect(await count()).toBe(2);
  });

  it('goes on with a transaction whose insert met a taken key', async () => {
    await db.insertRows('things', ['tenant_id', 'id'], [['t', 'a']]);
    await db.transaction(async () => {
      await db
        .insertRows(
          'things',
          ['tenant_id', 'id'],
          [
            ['t', 'b'],
            ['t', 'a'],
          ],
        )
        .catch(() => db.insertRows('things', ['tenant_id', 'id'], [['t', 'c']]));
    });
    expect(await db.select('SELECT id FROM things ORDER BY id')).toEqual([{ id: 'a' }, { id: 'c' }]);
  });

  it('updates the named columns of rows that are there', async () => {
    await db.insertRows('things', ['tenant_id', 'id', 'size'], [['t', 'a', 1]]);
    await db.upsertRows(
      'things',
      ['tenant_id', 'id', 'size'],
      [
        ['t', 'a', 5],
        ['t', 'b', 6],
      ],
      { key: ['tenant_id', 'id'] },
    );
    expect(await db.select('SELECT size FROM things ORDER BY id')).toEqual([{ size: 5 }, { size: 6 }]);
  });

  it('takes back everything when a transaction throws', async () => {
    const failing = db.transaction(async () => {
      await db.insertRows('things', ['tenant_id', 'id'], [['t', 'a']]);
      await db.transaction(() => db.insertRows('things', ['tenant_id', 'id'], [['t', 'b']]));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await count()).toBe(0);
  });

  it('keeps nothing of a transaction whose inner part failed, though the outer ignored it', async () => {
    const outer = db.transaction(async () => {
      await db.insertRows('things', ['tenant_id', 'id'], [['t', 'a']]);
      await db
        .transaction(async () => {
          throw new Error('inner');
        })
        .catch(() => undefined);
    });
    await expect(outer).rejects.toThrow('nothing of it is kept');
    expect(await count()).toBe(0);
  });

  it('refuses work that was left running when its transaction ended', async () => {
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    let straggler: Promise<unknown> = Promise.resolve();
    await db.transaction(async () => {
      straggler = over.then(() => db.insertRows('things', ['tenant_id', 'id'], [['t', 'late']]));
    });
    end();
    await expect(straggler).rejects.toThrow('This transaction is over');
    expect(await count()).toBe(0);
  });

  it('deletes more than it takes at once', async () => {
    const rows = Array.from({ length: 4_100 }, (_, i) => [i % 41 ? 't' : 'u', `k${i}`]);
    await db.insertRows('things', ['tenant_id', 'id'], rows);
    expect(await db.deleteMany('things', 'tenant_id = ?', ['t'])).toBe(4_000);
    expect(await count()).toBe(100);
  });

  it('keeps of two rows of one key the one that is newer, if that is what was asked', async () => {
    const put = (size: number, body: number) =>
      db.upsertRows('things', ['tenant_id', 'id', 'size', 'body'], [['t', 'a', size, new Uint8Array([body])]], {
        key: ['tenant_id', 'id'],
        newerBy: 'size',
      });
    for (const [size, body] of [
      [5, 1],
      [4, 2],
      [5, 3],
      [6, 4],
      [2, 5],
    ] as const)
      await put(size, body);
    const row = await db.selectOne<{ size: number; body: Uint8Array }>('SELECT size, body FROM things');
    expect([row?.size, ...(row?.body ?? [])]).toEqual([6, 4]);
  });

  it('survives ten thousand differing lists without keeping them all', async () => {
    await db.insertRows(
      'things',
      ['tenant_id', 'id'],
      Array.from({ length: 600 }, (_, i) => ['t', `k${i}`]),
    );
    for (let n = 1; n <= 600; n++) {
      const ids = Array.from({ length: n }, (_, i) => `k${i}`);
      expect(await db.select(`SELECT id FROM things WHERE id IN (${marks(ids)})`, ids)).toHaveLength(n);
    }
  });
});
