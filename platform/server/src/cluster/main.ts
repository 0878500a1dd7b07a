import { CdpError } from '@cdp/core/kernel';
import { environment } from '../config/environment.js';
import { ConfigError, loadConfig } from '../config/index.js';
import { drainOnSignals } from '../operations/drain.js';
import { PinoLogger } from '../operations/index.js';
import { Cluster } from './cluster.js';

/** Log lines are JSON, and are told with the process that they are from; the rest is for people. */
const tell = (name: string, line: string): void => {
  process.stdout.write(line.startsWith('{') ? `${name.padEnd(10)} ${line}\n` : `${line}\n`);
};

async function main(): Promise<void> {
  const env = environment();
  const config = loadConfig(env);
  if (!config.engines)
    throw new CdpError('invalid', 'Roles run apart on the production engines alone: set CDP_MYSQL_URL and the others.');
  const { http, cluster } = config;
  const starting = Cluster.start({ processes: cluster.processes, port: http.port, host: http.host, env, onLine: tell });
  drainOnSignals(async () => (await starting).close(), 2 * http.shutdownGraceMs, new PinoLogger(config.operations));
  const { members } = await starting;
  tell('', `  ${members.size} processes: ${[...members.keys()].join(', ')}\n`);
}

main().catch((error: unknown) => {
  const plain = error instanceof ConfigError || error instanceof CdpError;
  process.stderr.write(
    `The platform did not start. ${plain ? error.message : error instanceof Error ? error.stack : error}\n`,
  );
  process.exit(1);
});
