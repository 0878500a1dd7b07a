import { readFile, writeFile } from 'node:fs/promises';
import { PLATFORM } from '@cdp/core/tenancy';
import { z } from 'zod';
import { fillDemo } from './demo-data.js';
import type { Platform } from './platform.js';

const demoSchema = z.object({
  tenantId: z.string(),
  owner: z.object({ email: z.string(), password: z.string() }),
  server: z.object({ appKey: z.string(), secretKey: z.string() }),
  public: z.object({ appKey: z.string() }),
  /** It has its people, events and the rest. */
  filled: z.boolean().optional(),
});

/** Who can log in to the demo, and with what it can be written to. */
export type Demo = z.infer<typeof demoSchema>;

/** The demo tenant with its keys, the same at every start: they are kept, readable by their owner alone, in the data folder. */
export async function ensureDemo(platform: Platform): Promise<Demo> {
  const file = platform.stores.folder.path('demo.json');
  const kept = await readDemo(file);
  const known = kept && platform.tenancy.directory.tenant(kept.tenantId) ? kept : undefined;
  const demo = known ?? (await makeDemo(platform));
  if (!known) await keepDemo(file, demo);
  if (platform.config.access.demo !== 'data' || demo.filled) return demo;
  await fillDemo(platform, demo);
  const filled = { ...demo, filled: true };
  await keepDemo(file, filled);
  return filled;
}

const keepDemo = (file: string, demo: Demo): Promise<void> =>
  writeFile(file, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });

async function readDemo(file: string): Promise<Demo | undefined> {
  try {
    return demoSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function makeDemo({ tenancy, ids }: Platform): Promise<Demo> {
  // An account of its own for each demo tenant: its password is shown only when the account is new.
  const email = `demo-${ids.next().slice(-6)}@localhost`;
  const { tenant, temporaryPassword } = await tenancy.tenants.create(
    { name: 'Demo', owner: { email, name: 'Demo' } },
    PLATFORM,
  );
  const server = await tenancy.apps.create(tenant.id, { name: 'Demo server', kind: 'server' }, PLATFORM);
  const shop = await tenancy.apps.create(tenant.id, { name: 'Demo shop', kind: 'public' }, PLATFORM);
  return {
    tenantId: tenant.id,
    owner: { email, password: temporaryPassword ?? '' },
    server: { appKey: server.app.appKey, secretKey: server.secretKey },
    public: { appKey: shop.app.appKey },
  };
}
