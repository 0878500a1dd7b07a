import type { Command } from 'commander';
import { cliConfig, environment } from '../config/index.js';
import { ApiClient } from './api-client.js';
import { readLogin } from './login-file.js';

export const DEFAULT_URL = 'http://127.0.0.1:3000';

interface GlobalOptions {
  url?: string;
  tenant?: string;
}

/** The client that a command uses: options first, then the environment, then the last login. */
export async function clientOf(command: Command): Promise<ApiClient> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const env = cliConfig.parse(Object.fromEntries(Object.entries(environment()).filter(([, value]) => value !== '')));
  const login = await readLogin();
  const url = options.url ?? env.url ?? login?.url ?? DEFAULT_URL;
  // A token is sent to nobody but the platform that gave it.
  const token = env.token ?? (login?.url === url ? login.accessToken : undefined);
  return new ApiClient({ url, token, tenantId: options.tenant ?? env.tenantId });
}

export const print = (value: unknown): void => {
  process.stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value, null, 2)}\n`);
};
