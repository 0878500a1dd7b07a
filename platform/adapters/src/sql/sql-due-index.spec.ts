import { describeDueIndexContract } from '@cdp/core/segment/contract';
import { describe, expect, it } from '@jest/globals';
import { SqlDueIndex } from './sql-due-index.js';
import { openTestDatabase, testHome } from './testing/index.js';

describeDueIndexContract(testHome().name, async () => {
  const db = await openTestDatabase();
  return { open: async () => new SqlDueIndex(db), remove: () => db.close() };
});

describe('due instants in a table', () => {
  it('takes and lets go of thousands at once, in whatever order they come', async () => {
    await using db = await openTestDatabase();
    const index = new SqlDueIndex(db);
    const at = (number: number) => ({
      tenantId: `t${number % 3}`,
      profileId: `p-${number}`,
      at: (number * 7_919) % 3_001,
    });
    const all = Array.from({ length: 3_000 }, (_, number) => at(number));
    await Promise.all([index.schedule(all), index.schedule([...all].reverse())]);
    const instants = (await index.due(3_001, 5_000)).map((due) => due.at);
    expect(instants).toHaveLength(3_000);
    expect(instants).toEqual([...instants].sort((a, b) => a - b));
    await Promise.all([index.done(all.slice(0, 2_000)), index.done(all.slice(1_000).reverse())]);
    expect(await index.next()).toBeUndefined();
  });

  it('is never early by a part of a millisecond', async () => {
    await using db = await openTestDatabase();
    const index = new SqlDueIndex(db);
    const due = { tenantId: 't', profileId: 'p', at: 10.25 };
    await index.schedule([due]);
    expect(await index.due(10.9, 1)).toEqual([]);
    expect(await index.due(11, 1)).toEqual([{ ...due, at: 11 }]);
    await index.done([due]);
    expect(await index.next()).toBeUndefined();
  });

  it('refuses an instant that is none', async () => {
    await using db = await openTestDatabase();
    for (const at of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      await expect(new SqlDueIndex(db).schedule([{ tenantId: 't', profileId: 'p', at }])).rejects.toMatchObject({
        code: 'invalid',
      });
  });
});
