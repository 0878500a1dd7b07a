import { SqlTenancyEraser, sqlTenancyStores } from '@cdp/adapters/sql';
import { CdpError, type Clock, type Ids, type Logger } from '@cdp/core/kernel';
import { MasterKeys, openTenancy, type Tenancy, type TenantEraser } from '@cdp/core/tenancy';
import type { AccessConfig } from '../config/index.js';
import type { OpenThings } from './open-things.js';
import type { Stores } from './stores.js';

interface Parts {
  stores: Stores;
  access: AccessConfig;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  /** Stores of other stages that are emptied with a tenant. */
  erasers: readonly TenantEraser[];
}

/** Tenants, apps and people; the directory of apps is filled when this resolves. */
export async function startTenancy(
  { stores, access, clock, ids, logger, erasers }: Parts,
  open: OpenThings,
): Promise<Tenancy> {
  const tenancy = openTenancy({
    stores: sqlTenancyStores(stores.db),
    leases: stores.alone ? undefined : stores.leases,
    masters: new MasterKeys(stores.folder.masterKey, stores.folder.formerMasterKeys),
    clock,
    ids,
    logger,
    sessionTtlMs: access.sessionTtlMs,
    // Last: until the rest is gone, an erasure that was cut short is found again by what tenancy knows.
    erasers: [...erasers, new SqlTenancyEraser(stores.db)],
  });
  const moved = await tenancy.box.rewrap().catch((cause: Error) => {
    throw new CdpError('invalid', `${cause.message} Set CDP_MASTER_KEY to it, or name it in CDP_FORMER_MASTER_KEYS.`, {
      cause,
    });
  });
  if (moved > 0) logger.info('Data keys were put under the current master key', { tenants: moved });
  await tenancy.start();
  open.add('tenancy', () => tenancy.stop());
  return tenancy;
}
