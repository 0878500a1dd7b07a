import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '../../embedded/testing/index.js';

const ENGINES = fileURLToPath(new URL('../../../../../infra/engines/main.mjs', import.meta.url));

/** A broker that a test may do anything to. */
export interface OwnBroker {
  brokers: string[];
  up(): Promise<void>;
  /** SIGKILL; what it has written stays. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  remove(): Promise<void>;
}

export async function ownBroker(): Promise<OwnBroker> {
  const folder = temporaryFolder();
  const port = await freePort();
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    ENGINES_DIR: folder.path,
    ENGINES_PROJECT: `cdp-test-${port}`,
    ENGINES_KAFKA_PORT: `${port}`,
    ENGINES_KAFKA_MEMORY_MB: '256',
  };
  const run = async (command: string) => {
    await promisify(execFile)(process.execPath, [ENGINES, command, 'kafka'], { env });
  };
  const broker = {
    brokers: [`127.0.0.1:${port}`],
    up: () => run('up'),
    kill: () => run('kill'),
    pause: () => run('pause'),
    resume: () => run('resume'),
    remove: async () => {
      await run('wipe');
      await folder.remove();
    },
  };
  await broker.up();
  return broker;
}

/** One whose next is free as well: the controller has it. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const { port: free } = server.address() as { port: number };
        server.close(() => resolve(free));
      });
    });
    if (port < 64_000 && (await isFree(port + 1))) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
