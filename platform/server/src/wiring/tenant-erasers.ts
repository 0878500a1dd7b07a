import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { TenantEraser } from '@cdp/core/tenancy';
import type { MessagingStores } from '@cdp/core/tracking';
import type { Stores } from './stores.js';

interface TenantStore {
  deleteTenant(tenantId: string): Promise<void>;
}

class StoreEraser extends TenantEraser {
  constructor(
    override readonly name: string,
    readonly erase: (tenantId: string) => Promise<void>,
  ) {
    super();
  }
}

/**
 * Everything outside tenancy that holds a tenant's data, in the order in which it goes: first what would make new data.
 * `live` forgets what is in memory.
 */
export function tenantErasers(
  stores: Stores,
  messaging: MessagingStores,
  live: (tenantId: string) => void,
): TenantEraser[] {
  const { dueIndex, imports, files, rejected, identities, segments, aggregates, profiles, audience, events, folder } =
    stores;
  const named: [string, TenantStore][] = [
    ...Object.entries(messaging as unknown as Record<string, TenantStore>),
    ['imports', imports],
    ['files', files],
    ['due instants', dueIndex],
    ['segments', segments],
    ['aggregates', aggregates],
    ['audience', audience],
    ['identities', identities],
    ['profiles', profiles],
    ['events', events],
    ['refused events', rejected],
  ];
  return [
    new StoreEraser('live segments', async (tenantId) => live(tenantId)),
    ...named.map(([name, store]) => new StoreEraser(name, (tenantId) => store.deleteTenant(tenantId))),
    new StoreEraser('files of plugins', async (tenantId) => {
      // By what is there: a plugin that is no longer loaded may have left files too.
      const plugins = folder.path('plugins');
      for (const plugin of existsSync(plugins) ? await readdir(plugins) : [])
        await rm(folder.path(`plugins/${plugin}/${tenantId}`), { recursive: true, force: true });
    }),
  ];
}
