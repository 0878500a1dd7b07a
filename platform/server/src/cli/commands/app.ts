import { type Command, Option } from 'commander';
import { clientOf, print } from '../context.js';

interface Options {
  kind: 'server' | 'public';
  origin?: string[];
  ip?: string[];
}

const collect = (value: string, list: string[] = []): string[] => [...list, value];

export function addApp(program: Command): void {
  program
    .command('app')
    .description('apps of a tenant and their keys')
    .command('create')
    .description('make an app; its secret is shown this once')
    .argument('<name>')
    .addOption(
      new Option('--kind <kind>', 'server has a secret, public is for browsers and mobile')
        .choices(['server', 'public'])
        .default('server'),
    )
    .option('--origin <origin>', 'origin that a public app may be used from; repeat for several', collect)
    .option('--ip <address>', 'address or range that it may be used from; repeat for several', collect)
    .action(async (name: string, options: Options, command: Command) => {
      const client = await clientOf(command);
      const { kind, origin, ip } = options;
      const body = { name, kind, ...(origin ? { allowedOrigins: origin } : {}), ...(ip ? { allowedIps: ip } : {}) };
      print(await client.post('/api/v1/apps', body));
    });
}
