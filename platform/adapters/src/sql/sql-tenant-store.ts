import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import { type Tenant, type TenantState, TenantStore } from '@cdp/core/tenancy';
import type { SqlDatabase } from './database.js';
import { nextChange } from './next-change.js';

export interface TenantRow {
  id: string;
  name: string;
  state: TenantState;
  settings: string;
  version: number;
  created_at: number;
  updated_at: number;
  erased_at: number | null;
}

export const tenantOf = (row: TenantRow): Tenant => ({
  id: row.id,
  name: row.name,
  state: row.state,
  settings: JSON.parse(row.settings),
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  erasedAt: row.erased_at,
});

export class SqlTenantStore extends TenantStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async insert(tenant: Tenant): Promise<void> {
    const { id, name, state, settings, version, createdAt, updatedAt, erasedAt } = tenant;
    await this.#db.transaction(async () => {
      const change = await nextChange(this.#db);
      await this.#db.insertRows(
        'tenants',
        ['id', 'name', 'state', 'settings', 'version', 'created_at', 'updated_at', 'erased_at', 'change_number'],
        [[id, name, state, JSON.stringify(settings), version, createdAt, updatedAt, erasedAt, change]],
      );
    });
  }

  override async get(tenantId: string): Promise<Tenant | undefined> {
    const row = await this.#db.selectOne<TenantRow>('SELECT * FROM tenants WHERE id = ?', [tenantId]);
    return row && tenantOf(row);
  }

  override async replace(tenant: Tenant, expectedVersion: number): Promise<boolean> {
    const { id, name, state, settings, version, updatedAt, erasedAt } = tenant;
    return this.#db.transaction(async () => {
      const change = await nextChange(this.#db);
      const { changes } = await this.#db.run(
        `UPDATE tenants SET name = ?, state = ?, settings = ?, version = ?, updated_at = ?, erased_at = ?, change_number = ?
          WHERE id = ? AND version = ?`,
        [name, state, JSON.stringify(settings), version, updatedAt, erasedAt, change, id, expectedVersion],
      );
      return changes === 1;
    });
  }

  override async unerased(): Promise<Tenant[]> {
    const rows = await this.#db.select<TenantRow>(
      "SELECT * FROM tenants WHERE state = 'deleted' AND erased_at IS NULL ORDER BY id",
    );
    return rows.map(tenantOf);
  }

  override async list({ limit, cursor }: PageRequest): Promise<Page<Tenant>> {
    const [after] = cursor === undefined ? [''] : decodeCursor(cursor, 1);
    const rows = await this.#db.select<TenantRow>(
      "SELECT * FROM tenants WHERE id > ? AND state <> 'deleted' ORDER BY id LIMIT ?",
      [String(after), limit + 1],
    );
    return toPage(rows.map(tenantOf), limit, ({ id }) => [id]);
  }
}
