import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@cdp/core/kernel';
import { loadConfig } from '../config/index.js';
import { PinoLogger } from '../operations/index.js';
import { type Server, startServer } from '../server.js';
import type { Demo } from '../wiring/demo.js';

/** The whole platform on a free port, in a folder of its own, with a demo tenant. */
export interface TestServer extends Server {
  demo: Demo;
  dir: string;
  /** Lines that the platform logged, as JSON text. */
  logLines: string[];
  /** `Basic` credentials of the demo's server app. */
  serverAuth: string;
  /** Stops it and takes the folder away. */
  dispose(): Promise<void>;
}

export interface TestServerOptions {
  env?: NodeJS.ProcessEnv;
  clock?: Clock;
}

export const basic = (user: string, password = ''): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

export async function startTestServer({ env = {}, clock }: TestServerOptions = {}): Promise<TestServer> {
  const dir = await mkdtemp(join(tmpdir(), 'cdp-server-'));
  const config = loadConfig({ PORT: '0', CDP_DATA_DIR: dir, CDP_DEMO: 'tenant', CDP_LOG_LEVEL: 'info', ...env });
  const logLines: string[] = [];
  const logger = new PinoLogger(config.operations, { write: (line) => logLines.push(line) });
  const server = await startServer({ config, logger, ...(clock ? { clock } : {}) });
  const demo = server.welcome?.demo;
  if (!demo) throw new Error('The demo tenant was not made.');
  const dispose = async (): Promise<void> => {
    await server.close();
    await rm(dir, { recursive: true, force: true });
  };
  return { ...server, demo, dir, logLines, serverAuth: basic(demo.server.appKey, demo.server.secretKey), dispose };
}
