import type { Clock } from '@cdp/core/kernel';
import { TOPICS } from '@cdp/core/log';
import type { Tenancy } from '@cdp/core/tenancy';
import type { Check } from '../operations/index.js';
import { answering, type Stores } from './stores.js';

/** What `/readyz` asks: that each store answers a real question. */
export function checksOf({ log, db, checks }: Stores, tenancy: Tenancy, clock: Clock): Check[] {
  return [
    {
      name: 'log',
      check: async () => {
        const partitions = log.partitionCount(TOPICS.raw);
        const ends = await Promise.all(Array.from({ length: partitions }, (_, at) => log.endOffset(TOPICS.raw, at)));
        return { partitions, records: ends.reduce((sum, end) => sum + end, 0) };
      },
    },
    answering('sql', () => db.select('SELECT COUNT(*) AS migrations FROM schema_migrations')),
    ...checks,
    { name: 'directory', check: async () => ({ ageMs: clock.now() - tenancy.directory.refreshedAt }) },
  ];
}
