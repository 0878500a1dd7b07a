import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SqlDatabase } from './index.js';
import { openTestDatabase } from './testing/index.js';

describe('SqlDatabase on SQLite', () => {
  let db: SqlDatabase;

  beforeEach(async () => {
    db = await openTestDatabase();
    await db.run(
      'CREATE TABLE things (tenant_id VARCHAR(64) NOT NULL, id VARCHAR(64) NOT NULL, body BLOB, PRIMARY KEY (tenant_id, id))',
    );
  });

  afterEach(() => db.close());

  const count = async () => (await db.selectOne<{ n: number }>('SELECT COUNT(*) AS n FROM things'))?.n;

  it('shows others only what is committed, and lets writers take turns', async () => {
    const seen: unknown[] = [];
    const { promise: inside, resolve: enter } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const long = db.transaction(async () => {
      await db.insertRows('things', ['tenant_id', 'id'], [['t', 'a']]);
      enter();
      await released;
      seen.push('long');
    });
    await inside;
    expect(await count()).toBe(0);
    const others = Array.from({ length: 20 }, (_, i) =>
      i % 2
        ? db.run('INSERT INTO things (tenant_id, id) VALUES (?, ?)', ['t', `w${i}`])
        : db.transaction(async () => {
            seen.push(await count());
            await db.insertRows('things', ['tenant_id', 'id'], [['t', `w${i}`]]);
          }),
    );
    release();
    await Promise.all([long, ...others]);
    expect(seen[0]).toBe('long');
    expect(seen.slice(1)).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
  });

  it('tells a full disk, which may pass, from a mistake', async () => {
    const write = db.transaction(async () => {
      await db.select('PRAGMA max_page_count = 1');
      await db.insertRows('things', ['tenant_id', 'id', 'body'], [['t', 'big', new Uint8Array(4_000_000)]]);
    });
    await expect(write).rejects.toMatchObject({ code: 'unavailable' });
    await expect(db.run('DELETE FROM nowhere')).rejects.not.toHaveProperty('code', 'unavailable');
  });
});
