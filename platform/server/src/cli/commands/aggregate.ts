import type { Command } from 'commander';
import { clientOf, print } from '../context.js';
import { readJson } from '../read-input.js';

const PATH = '/api/v1/aggregates';

export function addAggregate(program: Command): void {
  const aggregate = program.command('aggregate').description('named figures over the events of profiles');
  aggregate
    .command('list')
    .description('the aggregates of the tenant')
    .action(async (_options: object, command: Command) =>
      print(await (await clientOf(command)).get(`${PATH}?limit=1000`)),
    );
  aggregate
    .command('create')
    .description('name a figure; profiles show it, and rules and templates can use it, at once')
    .argument('<definition>', 'JSON, or the path of a file with it; `-` reads standard input')
    .action(async (given: string, _options: object, command: Command) =>
      print(await (await clientOf(command)).post(PATH, await readJson('The aggregate', given))),
    );
}
