import { DataKeyStore, type WrappedKey } from '@cdp/core/tenancy';
import type { SqlDatabase } from './database.js';

interface KeyRow {
  id: string;
  wrapped: Uint8Array;
  master_key_id: string;
  created_at: number;
}

export class SqlDataKeyStore extends DataKeyStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async all(tenantId: string): Promise<WrappedKey[]> {
    const rows = await this.#db.select<KeyRow>(
      'SELECT id, wrapped, master_key_id, created_at FROM data_keys WHERE tenant_id = ? ORDER BY created_at, id',
      [tenantId],
    );
    return rows.map(({ id, wrapped, master_key_id, created_at }) => ({
      id,
      wrapped,
      masterKeyId: master_key_id,
      createdAt: created_at,
    }));
  }

  override async insert(tenantId: string, key: WrappedKey): Promise<boolean> {
    const inserted = await this.#db.insertRows(
      'data_keys',
      ['tenant_id', 'id', 'wrapped', 'master_key_id', 'created_at'],
      [[tenantId, key.id, key.wrapped, key.masterKeyId, key.createdAt]],
      { ignoreDuplicates: true },
    );
    return inserted === 1;
  }

  override async rewrap(tenantId: string, key: WrappedKey): Promise<void> {
    await this.#db.run('UPDATE data_keys SET wrapped = ?, master_key_id = ? WHERE tenant_id = ? AND id = ?', [
      key.wrapped,
      key.masterKeyId,
      tenantId,
      key.id,
    ]);
  }

  override async destroy(tenantId: string): Promise<void> {
    await this.#db.run('DELETE FROM data_keys WHERE tenant_id = ?', [tenantId]);
  }

  override async wrappedByOthers(masterKeyId: string): Promise<string[]> {
    const rows = await this.#db.select<{ tenant_id: string }>(
      'SELECT DISTINCT tenant_id FROM data_keys WHERE master_key_id <> ? ORDER BY tenant_id',
      [masterKeyId],
    );
    return rows.map((row) => row.tenant_id);
  }
}
