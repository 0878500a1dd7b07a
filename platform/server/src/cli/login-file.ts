import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { environment } from '../config/index.js';

const loginSchema = z.object({ url: z.string(), email: z.string(), accessToken: z.string(), expiresAt: z.string() });

export type Login = z.infer<typeof loginSchema>;

/** Where `cdp login` keeps its token: readable by its owner alone. */
export const loginPath = (): string =>
  join(environment().XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'cdp', 'login.json');

export async function readLogin(): Promise<Login | undefined> {
  try {
    return loginSchema.parse(JSON.parse(await readFile(loginPath(), 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writeLogin(login: Login): Promise<void> {
  const path = loginPath();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // The mode counts only where the file is made: an older one may be open to others.
  await rm(path, { force: true });
  await writeFile(path, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 });
}
