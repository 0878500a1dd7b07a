import { access, constants, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { ConfigError, environment, loadConfig } from '../../config/index.js';
import type { Readiness } from '../../operations/index.js';
import type { ApiClient } from '../api-client.js';
import { CliError } from '../cli-error.js';
import { clientOf, print } from '../context.js';

interface Finding {
  ok: boolean;
  what: string;
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look for what keeps the platform from running well')
    .action(async (_options: object, command: Command) => {
      const client = await clientOf(command);
      const findings = [nodeVersion(), ...(await configuration()), ...(await platform(client))];
      for (const { ok, what } of findings) print(`${ok ? 'ok  ' : 'BAD '} ${what}`);
      const bad = findings.filter(({ ok }) => !ok).length;
      if (bad > 0) throw new CliError(`${bad} of ${findings.length} checks failed.`);
    });
}

function nodeVersion(): Finding {
  const ok = Number(process.versions.node.split('.')[0]) >= 24;
  return { ok, what: `Node ${process.versions.node}${ok ? '' : ': the platform needs 24; run it by npm start'}` };
}

async function configuration(): Promise<Finding[]> {
  try {
    const { data } = loadConfig(environment());
    return [{ ok: true, what: 'configuration has no mistakes' }, await dataFolder(data.dir)];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.mistakes.map((mistake) => ({ ok: false, what: mistake }));
  }
}

async function dataFolder(dir: string): Promise<Finding> {
  try {
    if (!(await stat(dir)).isDirectory()) return { ok: false, what: `data folder ${dir} is not a folder` };
    await access(dir, constants.R_OK | constants.W_OK);
    return { ok: true, what: `data folder ${dir} can be written` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return { ok: true, what: `data folder ${dir} will be made at the first start` };
    return { ok: false, what: `data folder ${dir}: ${(error as Error).message}` };
  }
}

async function platform(client: ApiClient): Promise<Finding[]> {
  try {
    const started = performance.now();
    const alive = await client.fetch('/healthz');
    const took = Math.round(performance.now() - started);
    const reached = { ok: alive.ok, what: `${client.target.url} answers ${alive.status} in ${took} ms` };
    const { checks } = (await (await client.fetch('/readyz')).json()) as Readiness;
    const stores = Object.entries(checks).map(([name, { ok, tookMs, details, error }]) => ({
      ok,
      what: `${name}: ${ok ? `${tookMs} ms ${JSON.stringify(details)}` : error}`,
    }));
    return [reached, ...stores, await login(client)];
  } catch (error) {
    return [{ ok: false, what: (error as Error).message }];
  }
}

async function login(client: ApiClient): Promise<Finding> {
  if (!client.target.token) return { ok: true, what: 'not logged in (cdp login)' };
  const { authorization } = { authorization: `Bearer ${client.target.token}` };
  const response = await client.fetch('/api/v1/auth/me', { headers: { authorization } });
  return { ok: response.ok, what: response.ok ? 'the login is good' : 'the login has ended: cdp login' };
}
