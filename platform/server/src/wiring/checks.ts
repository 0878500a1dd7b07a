import { statfs } from 'node:fs/promises';
import type { Clock } from '@cdp/core/kernel';
import { TOPICS } from '@cdp/core/log';
import type { Tenancy } from '@cdp/core/tenancy';
import type { Check } from '../operations/index.js';
import type { Stores } from './stores.js';

/** Below this there is no room for a burst; writes would soon fail. */
const MIN_FREE_BYTES = 256 * 1024 * 1024;

/** What `/readyz` asks: that each store answers a real question. */
export function checksOf(stores: Stores, tenancy: Tenancy, clock: Clock): Check[] {
  return [
    {
      name: 'disk',
      check: async () => {
        const { bavail, bsize } = await statfs(stores.folder.path('.'));
        const freeBytes = bavail * bsize;
        if (freeBytes < MIN_FREE_BYTES) throw new Error(`only ${freeBytes} bytes are free`);
        return { freeBytes };
      },
    },
    {
      name: 'log',
      check: async () => {
        const partitions = stores.log.partitionCount(TOPICS.raw);
        const ends = await Promise.all(
          Array.from({ length: partitions }, (_, at) => stores.log.endOffset(TOPICS.raw, at)),
        );
        return { partitions, records: ends.reduce((sum, end) => sum + end, 0) };
      },
    },
    {
      name: 'sql',
      check: async () => {
        await stores.db.select('SELECT COUNT(*) AS migrations FROM schema_migrations');
        return {};
      },
    },
    {
      name: 'profiles',
      check: async () => {
        await stores.profiles.get('none', 'none');
        return {};
      },
    },
    {
      name: 'analytics',
      check: async () => {
        await stores.duckdb.events.countByName('none', 1);
        return {};
      },
    },
    {
      name: 'directory',
      check: async () => ({ ageMs: clock.now() - tenancy.directory.refreshedAt }),
    },
  ];
}
