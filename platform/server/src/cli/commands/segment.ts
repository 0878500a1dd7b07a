import type { Command } from 'commander';
import { clientOf, print } from '../context.js';
import { readJson } from '../read-input.js';

export function addSegment(program: Command): void {
  program
    .command('segment')
    .description('segments of a tenant')
    .command('preview')
    .description('how many people fit a rule, and some of them')
    .argument('<rule>', 'JSON, or the path of a file with it; `-` reads standard input')
    .action(async (given: string, _options: object, command: Command) => {
      const client = await clientOf(command);
      print(await client.post('/api/v1/segments/preview', { rule: await readJson('The rule', given) }));
    });
}
