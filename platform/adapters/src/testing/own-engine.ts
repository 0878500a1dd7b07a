import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '../embedded/testing/index.js';

const ENGINES = fileURLToPath(new URL('../../../../infra/engines/main.mjs', import.meta.url));

/** An engine that a test may do anything to. */
export interface OwnEngine {
  /** Of 127.0.0.1. */
  port: number;
  up(): Promise<void>;
  /** SIGKILL; what it has written stays. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  remove(): Promise<void>;
}

/** Starts one with data of its own, beside those that everybody uses. */
export async function ownEngine(name: 'kafka' | 'elasticsearch', memoryMb: number): Promise<OwnEngine> {
  const folder = temporaryFolder();
  const port = await freePort(NEXT_PORT[name]);
  const setting = `ENGINES_${name.toUpperCase()}`;
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    ENGINES_DIR: folder.path,
    ENGINES_PROJECT: `cdp-test-${port}`,
    [`${setting}_PORT`]: `${port}`,
    [`${setting}_MEMORY_MB`]: `${memoryMb}`,
  };
  const run = async (command: string) => {
    await promisify(execFile)(process.execPath, [ENGINES, command, name], { env });
  };
  const engine: OwnEngine = {
    port,
    up: () => run('up'),
    kill: () => run('kill'),
    pause: () => run('pause'),
    resume: () => run('resume'),
    remove: async () => {
      await run('wipe');
      await folder.remove();
    },
  };
  try {
    await engine.up();
  } catch (error) {
    await engine.remove();
    throw error;
  }
  return engine;
}

/** How far from its own the second port of an engine is. */
const NEXT_PORT = { kafka: 1, elasticsearch: 100 };

async function freePort(next: number): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const { port: free } = server.address() as { port: number };
        server.close(() => resolve(free));
      });
    });
    if (port < 64_000 && (await isFree(port + next))) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
