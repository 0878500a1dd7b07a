import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Cluster } from '@cdp/server';

const CONTROL = fileURLToPath(new URL('../../../../infra/engines/main.mjs', import.meta.url));
const ENGINES = ['kafka', 'elasticsearch', 'redis', 'mysql'] as const;

/** Something that goes wrong, or is done to the platform while it works; over when it resolves. */
export interface Outage {
  name: string;
  happen: () => Promise<void>;
}

const control = (command: string, engine: string): Promise<unknown> =>
  promisify(execFile)(process.execPath, [CONTROL, command, engine]);

/** A process of each role is killed; the cluster starts another. */
export const killedRoles = (cluster: Cluster, random: () => number): Outage[] => {
  const roles = new Set([...cluster.members.values()].flatMap((member) => member.roles));
  return [...roles].map((role) => ({
    name: `a process of ${role} is killed`,
    happen: async () => {
      const of = [...cluster.members.values()].filter((member) => member.roles.includes(role));
      const victim = of[Math.floor(random() * of.length)];
      victim?.signal('SIGKILL');
      await victim?.ended;
    },
  }));
};

/** Each engine is killed, is away for a while, and comes back with what it has on its disk. */
export const killedEngines = (random: () => number): Outage[] =>
  ENGINES.map((engine) => ({
    name: `${engine} is killed`,
    happen: async () => {
      await control('kill', engine);
      // How long it is away is any length of time.
      await delay(random() * 3_000);
      await control('up', engine);
    },
  }));

/** Each engine stands still: connections stay open and nothing is answered. */
export const pausedEngines = (ms: number): Outage[] =>
  ENGINES.map((engine) => ({
    name: `${engine} stands still for ${ms / 1_000} s`,
    happen: async () => {
      await control('pause', engine);
      await delay(ms);
      await control('resume', engine);
    },
  }));
