import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '../testing/index.js';
import { DuckdbDatabase } from './duckdb-database.js';

describe('the database of events', () => {
  const folder = temporaryFolder();
  afterEach(() => folder.remove());

  it('tells a failure of the engine, which may pass, from one of what was asked', async () => {
    const database = await DuckdbDatabase.open({ path: join(folder.path, 'db'), memoryLimit: '30MB', threads: 1 });
    const ask = (sql: string) => database.write((session) => session.run(sql));
    await expect(ask('SELECT list(i::VARCHAR) FROM range(20000000) r(i)')).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(ask('SELECT nothing_of_that_name')).rejects.not.toHaveProperty('code', 'unavailable');
    await database.close();
  });
});
