#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { CliError } from './cli-error.js';
import { addAggregate } from './commands/aggregate.js';
import { addApp } from './commands/app.js';
import { addDoctor } from './commands/doctor.js';
import { addImport } from './commands/import.js';
import { addLogin } from './commands/login.js';
import { addMigrate } from './commands/migrate.js';
import { addRoles } from './commands/roles.js';
import { addSegment } from './commands/segment.js';
import { addTenant } from './commands/tenant.js';
import { DEFAULT_URL } from './context.js';

const program = new Command('cdp')
  .description('Command line of the customer data platform, over HTTP.')
  .option('--url <url>', `the platform (default: CDP_URL, the last login, or ${DEFAULT_URL})`)
  .option('--tenant <id>', 'the tenant to work on (default: CDP_TENANT, or your only one)')
  .showHelpAfterError('Help: cdp --help')
  .exitOverride();

for (const add of [addLogin, addTenant, addApp, addImport, addAggregate, addSegment, addRoles, addMigrate, addDoctor])
  add(program);

try {
  await program.parseAsync();
} catch (error) {
  // Commander has already said what is wrong with the arguments.
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    process.stderr.write(`${error instanceof CliError ? error.message : (error as Error).stack}\n`);
    process.exitCode = 1;
  }
}
