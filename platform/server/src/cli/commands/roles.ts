import type { Command } from 'commander';
import { ROLE_SUMMARIES } from '../../roles/role-summaries.js';
import { print } from '../context.js';

export function addRoles(program: Command): void {
  program
    .command('roles')
    .description('what a process can be told to do by CDP_ROLES')
    .action(() => {
      const width = Math.max(...Object.keys(ROLE_SUMMARIES).map((name) => name.length));
      for (const [name, does] of Object.entries(ROLE_SUMMARIES)) print(`${name.padEnd(width)}  ${does}`);
      print(`\nCDP_ROLES=all (the default) runs every role; the embedded engines need it.`);
    });
}
