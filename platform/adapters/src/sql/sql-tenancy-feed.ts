import { type TenancyChanges, TenancyFeed } from '@cdp/core/tenancy';
import { type AppRow, appsOf } from './app-rows.js';
import type { SqlDatabase } from './database.js';
import { lastChange } from './next-change.js';
import { type TenantRow, tenantOf } from './sql-tenant-store.js';

export class SqlTenancyFeed extends TenancyFeed {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  /** What is committed while this reads may come now and again the next time, but never not at all: the position is read first. */
  override async changes(position: number): Promise<TenancyChanges> {
    const last = await lastChange(this.#db);
    if (last === position) return { position, tenants: [], apps: [] };
    const tenants = await this.#db.select<TenantRow>('SELECT * FROM tenants WHERE change_number > ?', [position]);
    const apps = await this.#db.select<AppRow>('SELECT * FROM apps WHERE change_number > ?', [position]);
    return { position: last, tenants: tenants.map(tenantOf), apps: await appsOf(this.#db, apps) };
  }
}
