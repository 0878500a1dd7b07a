import type { RoleName } from '../config/index.js';
import { Front } from './front.js';
import { RoleProcess } from './role-process.js';

export interface ClusterOptions {
  /** How many processes there are of each role that has one of its own. */
  processes: number;
  port: number;
  host: string;
  /** Settings of every process. */
  env: NodeJS.ProcessEnv;
  onLine: (process: string, line: string) => void;
}

/** Roles that run in processes apart. `stream` has nothing to do of its own yet. */
const APART: readonly RoleName[] = ['ingest', 'process', 'segment', 'campaign', 'deliver', 'track', 'admin'];
/** A process that ends so often before it was ever ready will not be. */
const FIRST_TRIES = 3;
const DRAIN_MS = 10_000;
/** One that ends again and again is started less and less often. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/** The platform as processes of this machine, each with a role, behind one port. A process that ends is started again. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #front = new Front();
  readonly #members = new Map<string, RoleProcess>();
  #url = '';
  #closing = false;

  private constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** Resolves when every process takes work. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    const { port, host } = options;
    cluster.#url = `http://${host}:${await cluster.#front.listen(port, host)}`;
    try {
      const names = APART.flatMap((role) =>
        Array.from({ length: options.processes }, (_, at) => ({ role, name: `${role}-${at + 1}` })),
      );
      // The first admin makes what all others find.
      const [first, ...others] = names.toReversed();
      if (first) await cluster.#run(first.name, first.role, FIRST_TRIES);
      await Promise.all(others.map(({ name, role }) => cluster.#run(name, role, FIRST_TRIES)));
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  get url(): string {
    return this.#url;
  }

  /** How many processes there are to be. */
  get size(): number {
    return APART.length * this.#options.processes;
  }

  /** How many of them take requests and work. */
  get serving(): number {
    return this.#front.size;
  }

  /** By name, such as `ingest-1`. */
  get members(): ReadonlyMap<string, RoleProcess> {
    return this.#members;
  }

  /** Takes one process out, lets it finish, and puts a new one in its place. */
  async restart(name: string): Promise<void> {
    const member = this.#members.get(name);
    const [role] = member?.roles ?? [];
    if (!member || !role) throw new Error(`There is no process ${name}.`);
    this.#members.delete(name);
    await this.#retire(member);
    await this.#run(name, role);
  }

  async close(): Promise<void> {
    this.#closing = true;
    const members = [...this.#members.values()];
    this.#members.clear();
    // In the direction of the data: who makes work ends before who does it.
    for (const role of APART)
      await Promise.all(members.filter(({ roles }) => roles.includes(role)).map((member) => this.#retire(member)));
    await this.#front.close();
  }

  async #retire(member: RoleProcess): Promise<void> {
    await this.#front.remove(member, DRAIN_MS);
    member.signal('SIGTERM');
    await member.ended;
  }

  /** Starts a process, again and again where it ends before it is ready, and resolves when it takes work. */
  async #run(name: string, role: RoleName, tries = Number.POSITIVE_INFINITY): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, 2 * pause)) {
      const member = await this.#begin(name, role);
      try {
        await member.ready();
        this.#front.add(member);
        void member.ended.then(() => this.#replace(name, role, member));
        return;
      } catch (error) {
        if (this.#closing || --tries <= 0) throw error;
      }
      this.#options.onLine(name, 'The process ended before it was ready; it is started again.');
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (this.#closing) return;
    }
  }

  async #replace(name: string, role: RoleName, member: RoleProcess): Promise<void> {
    await this.#front.remove(member, 0);
    if (this.#closing || this.#members.get(name) !== member) return;
    this.#options.onLine(name, 'The process ended; another takes its place.');
    await this.#run(name, role).catch(() => {});
  }

  async #begin(name: string, role: RoleName): Promise<RoleProcess> {
    const { env, onLine } = this.#options;
    const member = await RoleProcess.start({
      name,
      roles: [role],
      env: { CDP_PUBLIC_URL: this.#url, CDP_TRUSTED_PROXIES: '127.0.0.1', ...env },
      onLine: (line) => onLine(name, line),
    });
    this.#members.set(name, member);
    return member;
  }
}
