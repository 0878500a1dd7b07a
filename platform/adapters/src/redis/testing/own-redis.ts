import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '../../embedded/testing/index.js';

const ENGINES = fileURLToPath(new URL('../../../../../infra/engines/main.mjs', import.meta.url));

/** A Redis that a test may do anything to. */
export interface OwnRedis {
  url: string;
  up(): Promise<void>;
  /** SIGKILL; what it has written stays. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  remove(): Promise<void>;
}

export async function ownRedis(): Promise<OwnRedis> {
  const folder = temporaryFolder();
  const port = await freePort();
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    ENGINES_DIR: folder.path,
    ENGINES_PROJECT: `cdp-test-${port}`,
    ENGINES_REDIS_PORT: `${port}`,
  };
  const run = async (command: string) => {
    await promisify(execFile)(process.execPath, [ENGINES, command, 'redis'], { env });
  };
  const redis = {
    url: `redis://127.0.0.1:${port}`,
    up: () => run('up'),
    kill: () => run('kill'),
    pause: () => run('pause'),
    resume: () => run('resume'),
    remove: async () => {
      await run('wipe');
      await folder.remove();
    },
  };
  await redis.up();
  return redis;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
