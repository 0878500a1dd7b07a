import type { Command } from 'commander';
import { environment } from '../../config/environment.js';
import { ConfigError, loadConfig } from '../../config/index.js';
import { CliError } from '../cli-error.js';
import { print } from '../context.js';

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('makes or brings up to date the tables, topics and indices on the production engines of the settings')
    .action(async () => {
      const config = configOrMistakes();
      if (!config.engines)
        throw new CliError(
          'The embedded engines bring themselves up to date at each start. For the production ones set CDP_MYSQL_URL, CDP_KAFKA_BROKERS, CDP_ELASTICSEARCH_URL and CDP_REDIS_URL.',
        );
      // What other commands, which go over HTTP, have no need to load.
      const { migrateEngines } = await import('../../wiring/migrate-engines.js');
      for (const line of await migrateEngines(config, config.engines)) print(line);
    });
}

function configOrMistakes() {
  try {
    return loadConfig(environment());
  } catch (error) {
    throw error instanceof ConfigError ? new CliError(error.message) : error;
  }
}
