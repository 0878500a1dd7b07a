import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { clientOf, print } from '../context.js';
import { loginPath, writeLogin } from '../login-file.js';

interface LoginAnswer {
  accessToken: string;
  expiresAt: string;
  user: { email: string; memberships: { tenantId: string; role: string }[] };
}

export function addLogin(program: Command): void {
  program
    .command('login')
    .description('log in, and keep the token for the commands that follow')
    .requiredOption('--email <email>')
    .option('--password <password>', 'asked for when left out; an argument can be seen by other users of this machine')
    .action(async (options: { email: string; password?: string }, command: Command) => {
      const client = await clientOf(command);
      const password = options.password ?? (await askPassword());
      const { accessToken, expiresAt, user } = await client.post<LoginAnswer>('/api/v1/auth/login', {
        email: options.email,
        password,
      });
      await writeLogin({ url: client.target.url, email: user.email, accessToken, expiresAt });
      print(`Logged in to ${client.target.url} as ${user.email} until ${expiresAt}; the token is in ${loginPath()}.`);
      for (const { tenantId, role } of user.memberships) print(`  ${role} of tenant ${tenantId}`);
    });
}

async function askPassword(): Promise<string> {
  // Piped in: the first line is the password, so that scripts need not put it on a command line.
  if (!stdin.isTTY) {
    for await (const line of createInterface({ input: stdin })) return line;
    throw new CliError('No password: give one on standard input or with --password.');
  }
  let silent = false;
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      if (!silent) stdout.write(chunk);
      done();
    },
  });
  const prompt = createInterface({ input: stdin, output, terminal: true });
  const answer = prompt.question('Password: ');
  silent = true;
  const password = await answer;
  prompt.close();
  stdout.write('\n');
  return password;
}
