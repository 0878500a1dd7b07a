import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../platform/server/dist/main.js', import.meta.url));
const LISTENING = /^\{.*"message":"Listening".*\}$/m;
/** Characters of its output that are kept: some forty lines. */
const KEPT = 16_384;
export const ADMIN_PASSWORD = 'a password of tests alone';

/** What the platform keeps of its demo in the data folder. */
export interface DemoKeys {
  tenantId: string;
  server: { appKey: string; secretKey: string };
}

/** A running platform with its demo tenant, however many processes it is. */
export interface Door {
  /** Resolves with its address when it takes requests. */
  readonly listening: Promise<string>;
  readonly demo: DemoKeys;
  /** `Basic` credentials of the demo's server app. */
  readonly authorization: string;
}

export interface ServerProcessOptions {
  /** Data folder; what is in it is gone on with. */
  dir: string;
  env?: NodeJS.ProcessEnv;
  /** A program in place of the platform's own, which logs `Listening` in its turn. */
  main?: string;
  /** Flags of Node, such as those of the profiler. */
  nodeFlags?: readonly string[];
}

/** The platform in a process of its own, on a free port, with a demo tenant: the one thing that can really be killed. */
export class ServerProcess implements Door {
  readonly #child: ChildProcess;
  readonly #dir: string;
  /** The end of what it wrote, for the message of a failure. */
  #tail = '';
  /** Resolves with its address when it takes requests; rejects when it ends before that. */
  readonly listening: Promise<string>;
  readonly ended: Promise<void>;

  constructor({ dir, env = {}, main = MAIN, nodeFlags = [] }: ServerProcessOptions) {
    this.#dir = dir;
    const settings = { PORT: '0', CDP_DATA_DIR: dir, CDP_DEMO: 'tenant', CDP_ADMIN_PASSWORD: ADMIN_PASSWORD };
    this.#child = spawn(process.execPath, [...nodeFlags, main], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...ownEnvironment(), NODE_OPTIONS: '', CDP_LOG_LEVEL: 'info', ...settings, ...env },
    });
    this.ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
    this.listening = new Promise((resolve, reject) => {
      // Lines are not looked at one by one: under load they come by the thousand, and what is measured would pay for it.
      const keep = (chunk: string): void => {
        this.#tail = (this.#tail + chunk).slice(-KEPT);
      };
      const look = (): void => {
        const line = LISTENING.exec(this.#tail)?.[0];
        if (line === undefined) return;
        this.#child.stdout?.off('data', look);
        resolve((JSON.parse(line) as { url: string }).url);
      };
      for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.setEncoding('utf8').on('data', keep);
      this.#child.stdout?.on('data', look);
      void this.ended.then(() => reject(new Error(`The server ended.\n${this.#tail}`)));
    });
    this.listening.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  get lastLines(): string {
    return this.#tail;
  }

  get demo(): DemoKeys {
    return JSON.parse(readFileSync(join(this.#dir, 'demo.json'), 'utf8')) as DemoKeys;
  }

  /** `Basic` credentials of the demo's server app. */
  get authorization(): string {
    const { appKey, secretKey } = this.demo.server;
    return `Basic ${Buffer.from(`${appKey}:${secretKey}`).toString('base64')}`;
  }

  /** As the kernel does it when memory runs out: nothing of it gets another turn. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Lets it finish and close. Throws when it does not end well. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.ended;
    if (this.#child.exitCode !== 0)
      throw new Error(`The server stopped with exit code ${this.#child.exitCode}.\n${this.lastLines}`);
  }
}

/** Without the platform's settings: a test that runs beside somebody's configuration must not take it over. */
export const ownEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CDP_')));

/** A figure of `/metrics`, summed over its labels; undefined where it is not told. */
export async function metricOf(url: string, name: string): Promise<number | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  let sum: number | undefined;
  for (const line of text.split('\n'))
    if (line.startsWith(name) && (line[name.length] === ' ' || line[name.length] === '{'))
      sum = (sum ?? 0) + Number(line.slice(line.lastIndexOf(' ') + 1));
  return sum;
}

/** Resolves when every consumer has handled everything that was accepted. */
export async function settled(url: string): Promise<void> {
  // Twice, because what one consumer hands to the next is counted only once it is there.
  for (let quiet = 0; quiet < 2; ) {
    const lag = await metricOf(url, 'cdp_consumer_lag_records');
    const unpublished = await metricOf(url, 'cdp_unpublished_delivery_batches');
    if (lag === undefined || unpublished === undefined)
      throw new Error('The server does not tell what it has yet to do.');
    quiet = lag + unpublished === 0 ? quiet + 1 : 0;
    await delay(20);
  }
}
