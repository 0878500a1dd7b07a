import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { programOf } from './debian.mjs';
import { exchange } from './probe.mjs';
import { HOST, settings } from './settings.mjs';

const { port, memoryMb } = settings.redis;

export const redis = {
  name: 'redis',
  title: 'Redis',
  setting: 'CDP_REDIS_URL',
  address: `redis://${HOST}:${port}`,
  ports: [port],
  readyWithinMs: 20_000,

  answers: async () => (await exchange(port, 'PING\r\n'))?.toString().startsWith('+PONG') ?? false,

  /**
   * An append-only file that is flushed before Redis answers, and no eviction: what is remembered here (message ids, nonces, quotas) must
   * be there after a power cut, and nothing may go because something else came.
   */
  prepare(folder) {
    const file = programOf('redis-server', 'Redis', 'redis-server');
    const data = join(folder, 'data');
    mkdirSync(data, { recursive: true });
    const options = {
      port,
      bind: HOST,
      dir: data,
      save: '',
      maxmemory: `${memoryMb}mb`,
      'maxmemory-policy': 'noeviction',
    };
    const args = Object.entries({ ...options, appendonly: 'yes', appendfsync: 'always' });
    return { file, args: args.flatMap(([name, value]) => [`--${name}`, String(value)]) };
  },
};
