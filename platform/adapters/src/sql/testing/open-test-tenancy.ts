import { type Clock, SilentLogger, SystemClock, UuidIds } from '@cdp/core/kernel';
import { type LoginThrottleLimits, MasterKeys, openTenancy, type Tenancy, type TenantEraser } from '@cdp/core/tenancy';
import type { SqlDatabase } from '../database.js';
import { SqlTenancyEraser } from '../sql-tenancy-eraser.js';
import { sqlTenancyStores } from '../sql-tenancy-stores.js';
import { openTestDatabase } from './test-home.js';

export interface TestTenancy {
  db: SqlDatabase;
  tenancy: Tenancy;
  close(): Promise<void>;
}

/** Tenancy on a fresh database, with a master key of its own. The directory is fresh after every change made through it. */
export async function openTestTenancy(
  options: {
    db?: SqlDatabase;
    clock?: Clock;
    masters?: MasterKeys;
    loginLimits?: LoginThrottleLimits;
    erasers?: readonly TenantEraser[];
  } = {},
): Promise<TestTenancy> {
  const db = options.db ?? (await openTestDatabase());
  const clock = options.clock ?? new SystemClock();
  const tenancy = openTenancy({
    stores: sqlTenancyStores(db),
    masters: options.masters ?? new MasterKeys(Buffer.alloc(32, 7)),
    clock,
    ids: new UuidIds(clock),
    logger: new SilentLogger(),
    sessionTtlMs: 12 * 3_600_000,
    erasers: [new SqlTenancyEraser(db), ...(options.erasers ?? [])],
    ...(options.loginLimits && { loginLimits: options.loginLimits }),
  });
  await tenancy.start();
  const close = async () => {
    await tenancy.stop();
    if (!options.db) await db.close();
  };
  return { db, tenancy, close };
}
