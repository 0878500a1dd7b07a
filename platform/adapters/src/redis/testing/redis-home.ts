import { randomUUID } from 'node:crypto';
import { SilentLogger } from '@cdp/core/kernel';
import { engineAddress } from '../../testing/index.js';
import { openRedis } from '../open-redis.js';
import type { RedisConnection } from '../redis-connection.js';
import type { RedisOptions } from '../redis-options.js';

export interface RedisHome {
  prefix: string;
  open(change?: Partial<RedisOptions>): Promise<RedisConnection>;
  /** Removes every key and closes every connection. */
  remove(): Promise<void>;
}

/** Keys of its own, that are gone after the test. */
export function redisHome(
  url = engineAddress('CDP_REDIS_URL'),
  prefix = `test-${randomUUID().slice(0, 8)}:`,
): RedisHome {
  const opened: RedisConnection[] = [];
  const open = async (change: Partial<RedisOptions> = {}) => {
    const connection = await openRedis({ url, prefix, logger: new SilentLogger(), ...change });
    opened.push(connection);
    return connection;
  };
  return {
    prefix,
    open,
    remove: async () => {
      const connection = await open();
      await connection.run(async (redis) => {
        let cursor = '0';
        do {
          // Names may be bytes.
          const [next, keys] = await redis.scanBuffer(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1_000);
          if (keys.length > 0) await redis.unlink(...keys);
          cursor = next.toString();
        } while (cursor !== '0');
      });
      await Promise.all(opened.map((one) => one.close()));
    },
  };
}
