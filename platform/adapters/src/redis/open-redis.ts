import { RedisConnection } from './redis-connection.js';
import type { RedisOptions } from './redis-options.js';

/** What is asked of the server's settings, and why somebody should care. */
const WISHES = [
  {
    wrong: (settings: Map<string, string>) => settings.get('appendonly') === 'no',
    warning:
      'Redis keeps nothing over a restart (appendonly is off): message ids, nonces and quotas would be forgotten.',
  },
  {
    wrong: (settings: Map<string, string>) =>
      settings.get('appendonly') === 'yes' && settings.has('appendfsync') && settings.get('appendfsync') !== 'always',
    warning:
      'Redis may forget the last second when its machine fails (appendfsync is not always): events could count twice.',
  },
  {
    wrong: (settings: Map<string, string>) => !['noeviction', undefined].includes(settings.get('maxmemory-policy')),
    warning: 'Redis drops what it should keep when it is full (maxmemory-policy is not noeviction).',
  },
];

/**
 * Connects, and waits a while for a server that is away; after that the process goes on as in any other outage. Each time that
 * the server comes, its settings are looked at, and what they would lose is said.
 */
export async function openRedis(options: RedisOptions): Promise<RedisConnection> {
  const connection = new RedisConnection(options);
  const said = new Set<string>();
  connection.whenUp(() => {
    void settingsOf(connection).then((settings) => {
      for (const { wrong, warning } of WISHES) {
        if (!wrong(settings) || said.has(warning)) continue;
        said.add(warning);
        options.logger.warn(warning);
      }
    });
  });
  if (!(await connection.waitUntilUp(options.openTimeoutMs ?? 5_000)))
    options.logger.warn('Redis is away; going on without until it comes.');
  return connection;
}

/** Managed services keep CONFIG to themselves: what cannot be seen is not complained of. */
async function settingsOf(connection: RedisConnection): Promise<Map<string, string>> {
  try {
    const lines = await connection.run((redis) => redis.config('GET', 'append*', 'maxmemory-policy'));
    const flat = lines as string[];
    return new Map(
      flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? '']] : [])) as [string, string][],
    );
  } catch {
    return new Map();
  }
}
