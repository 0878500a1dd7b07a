import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CdpError } from '@cdp/core/kernel';
import type { RoleName } from '../config/index.js';
import { concretePort } from '../wiring/free-port.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const LOOK_MS = 100;

export interface RoleProcessOptions {
  name: string;
  roles: readonly RoleName[];
  env: NodeJS.ProcessEnv;
  /** Gets what the process writes, line by line. */
  onLine: (line: string) => void;
}

/** One process of the platform with some of the roles, on a port of its own on this machine. */
export class RoleProcess {
  readonly name: string;
  readonly roles: readonly RoleName[];
  readonly port: number;
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #over = false;

  private constructor(port: number, { name, roles, env, onLine }: RoleProcessOptions) {
    this.name = name;
    this.roles = roles;
    this.port = port;
    this.#child = spawn(process.execPath, ['--enable-source-maps', MAIN], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, PORT: String(port), HOST: '127.0.0.1', CDP_ROLES: roles.join(',') },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) tellLines(stream, onLine);
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#over = true;
        resolve(code);
      });
    });
  }

  static async start(options: RoleProcessOptions): Promise<RoleProcess> {
    return new RoleProcess(await concretePort(0, '127.0.0.1'), options);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Resolves when it takes work; rejects when it ends before that. */
  async ready(): Promise<void> {
    for (;;) {
      if (this.#over) throw new CdpError('unavailable', `The process ${this.name} ended before it was ready.`);
      const answer = await fetch(`http://127.0.0.1:${this.port}/readyz`).catch(() => undefined);
      await answer?.arrayBuffer().catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

function tellLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream?.on('end', () => rest !== '' && onLine(rest));
}
