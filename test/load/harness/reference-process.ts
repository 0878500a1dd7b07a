import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A reference server of `load/reference` in a process of its own. */
export class ReferenceProcess {
  readonly #child: ChildProcess;
  readonly url: Promise<string>;

  constructor(name: string, ...args: string[]) {
    this.#child = fork(fileURLToPath(new URL(`../reference/${name}.js`, import.meta.url)), args, { execArgv: [] });
    this.url = new Promise((resolve, reject) => {
      this.#child.once('message', (url) => resolve(String(url)));
      this.#child.once('exit', (code) => reject(new Error(`The reference ended with exit code ${code}.`)));
    });
    this.url.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}
