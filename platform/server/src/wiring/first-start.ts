import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';
import { CdpError } from '@cdp/core/kernel';
import { type Demo, ensureDemo } from './demo.js';
import type { Platform } from './platform.js';

const PATIENCE_MS = 60_000;

/** What is told to who starts the platform. */
export interface Welcome {
  admin: { email: string; password: string | undefined };
  demo: Demo | undefined;
}

/**
 * Makes the platform admin at the first start. A password that was made here is answered once; in a demo it is kept
 * beside the demo's keys, so that every start can show it.
 */
export const firstStart = (platform: Platform): Promise<Welcome> =>
  // Of several processes that begin at once one makes it, and the others find it.
  platform.stores.db.exclusively('first start', () => patiently(() => begin(platform)));

/** Engines that were started together with the platform may need a while; what is begun again finds what there is already. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + PATIENCE_MS; ; ) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CdpError && error.code === 'unavailable') || performance.now() > until) throw error;
      await after((error.retryAfter ?? 1) * 1_000);
    }
  }
}

async function begin(platform: Platform): Promise<Welcome> {
  const { config, stores, tenancy } = platform;
  const { adminEmail, adminPassword } = config.access;
  const demo = config.access.demo !== 'none';
  const { password } = await tenancy.platform.ensureAdmin(adminEmail, adminPassword);
  const file = stores.folder.path('demo-admin.txt');
  if (demo && password !== undefined) await writeFile(file, `${password}\n`, { mode: 0o600 });
  const shown = password ?? adminPassword ?? (demo ? await kept(file) : undefined);
  return { admin: { email: adminEmail, password: shown }, demo: demo ? await ensureDemo(platform) : undefined };
}

const kept = async (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
