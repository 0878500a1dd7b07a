// An engine as a process of this machine: its pid file, its signals, its log.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isTaken } from './probe.mjs';
import { HOST } from './settings.mjs';

/** When a process began, in the kernel's ticks; undefined once it is gone. */
function startOf(pid) {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // The first thread of a killed process may be gone while others still hold ports and files.
    if (state === 'Z' && readdirSync(`/proc/${pid}/task`).length < 2) return undefined;
    return fields[18];
  } catch {
    return undefined;
  }
}

export class EngineProcess {
  constructor(engine, folder) {
    this.engine = engine;
    this.folder = folder;
    this.pidFile = join(folder, 'pid');
    this.log = join(folder, 'engine.log');
  }

  /** The pid, if it is still the process that was started here and not another that the system gave its number to. */
  get pid() {
    if (!existsSync(this.pidFile)) return undefined;
    const [pid, start] = readFileSync(this.pidFile, 'utf8').trim().split(' ');
    return start !== undefined && startOf(pid) === start ? Number(pid) : undefined;
  }

  /** Starts the engine, unless it runs, and waits until it answers. */
  async start() {
    const { engine } = this;
    if (this.signal('SIGCONT')) return this.ready();
    for (const port of engine.ports)
      if (await isTaken(port))
        throw new Error(
          `${engine.title}: port ${port} of ${HOST} is taken by another process. Choose one with ENGINES_${engine.name.toUpperCase()}_PORT.`,
        );
    mkdirSync(this.folder, { recursive: true });
    const { file, args, cwd = this.folder } = await engine.prepare(this.folder);
    if (existsSync(this.log)) renameSync(this.log, `${this.log}.before`);
    const log = openSync(this.log, 'a');
    const child = spawn(file, args, { cwd, detached: true, stdio: ['ignore', log, log] });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    writeFileSync(this.pidFile, `${child.pid} ${startOf(child.pid) ?? 'gone'}\n`);
    await this.ready();
  }

  async ready() {
    const { engine } = this;
    for (const end = Date.now() + engine.readyWithinMs; !(await engine.answers()); await wait(50)) {
      if (!this.pid) throw new Error(`${engine.title} ended while it started: ${this.#trouble()} (${this.log})`);
      if (Date.now() < end) continue;
      throw new Error(
        `${engine.title} does not answer after ${engine.readyWithinMs / 1000} s: ${this.#trouble()} (${this.log})`,
      );
    }
  }

  /** Ends the engine in good order; after a minute without effect, by force. */
  async stop() {
    this.signal('SIGCONT');
    if (this.signal('SIGTERM') && !(await this.#gone(60_000))) await this.kill();
    rmSync(this.pidFile, { force: true });
  }

  /** Ends the engine as a crash would; what it has written stays. */
  async kill() {
    if (this.signal('SIGKILL') && !(await this.#gone(10_000)))
      throw new Error(`${this.engine.title} (pid ${this.pid}) is still there 10 s after SIGKILL.`);
    rmSync(this.pidFile, { force: true });
  }

  /** Answers whether there was a process to send it to. */
  signal(name) {
    const { pid } = this;
    if (pid) process.kill(pid, name);
    return pid !== undefined;
  }

  async #gone(withinMs) {
    for (const end = Date.now() + withinMs; this.pid; await wait(20)) if (Date.now() > end) return false;
    return true;
  }

  /** The most telling line of the log. */
  #trouble() {
    const lines = existsSync(this.log) ? readFileSync(this.log, 'utf8').trim().split('\n') : [];
    const telling = lines.find((line) => /exception|\bERROR\b|fatal|error occurred|cannot|failed/i.test(line));
    return (telling ?? lines.at(-1) ?? 'it wrote nothing').slice(0, 300) || 'it wrote nothing';
  }
}
