import type { Command } from 'commander';
import { clientOf, print } from '../context.js';

export function addTenant(program: Command): void {
  program
    .command('tenant')
    .description('tenants of the platform')
    .command('create')
    .description('make a tenant and its first owner (platform admin)')
    .argument('<name>')
    .requiredOption('--owner <email>', 'e-mail address of the owner')
    .option('--owner-name <name>')
    .action(async (name: string, options: { owner: string; ownerName?: string }, command: Command) => {
      const client = await clientOf(command);
      const owner = { email: options.owner, ...(options.ownerName ? { name: options.ownerName } : {}) };
      print(await client.post('/api/v1/tenants', { name, owner }));
    });
}
