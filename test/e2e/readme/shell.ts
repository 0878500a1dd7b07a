import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

/** A bash that keeps its variables from one block of commands to the next, as a terminal does. */
export class Shell {
  readonly #child: ChildProcessWithoutNullStreams;
  #output = '';
  #errors = '';

  constructor(env: NodeJS.ProcessEnv) {
    this.#child = spawn('bash', ['--noprofile', '--norc'], { env: { ...process.env, NODE_OPTIONS: '', ...env } });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    // Any command that fails ends the shell, also one whose output goes on into another.
    this.#child.stdin.write('set -e -o pipefail\n');
  }

  /** Answers what the commands printed; rejects when one of them fails. */
  async run(commands: string): Promise<string> {
    const mark = randomUUID();
    this.#output = '';
    this.#errors = '';
    this.#child.stdin.write(`${commands}\nprintf '%s' ${mark}\n`);
    const ended = once(this.#child, 'close').then(() => true);
    while (!this.#output.endsWith(mark)) {
      const isOver = await Promise.race([ended, once(this.#child.stdout, 'data').then(() => false)]);
      if (isOver) throw new Error(`A command failed.\n${this.#output}\n${this.#errors}`);
    }
    return this.#output.slice(0, -mark.length);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'close');
    this.#child.stdin.end();
    await ended;
  }
}
