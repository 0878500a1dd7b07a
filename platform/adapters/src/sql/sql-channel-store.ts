import { type ChannelConfiguration, ChannelStore } from '@cdp/core/delivery';
import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import type { SqlDatabase } from './database.js';
import type { SqlValue } from './sql-dialect.js';

const COLUMNS = [
  'tenant_id',
  'id',
  'channel',
  'plugin',
  'name',
  'sealed_config',
  'state',
  'disabled_reason',
  'failing_since',
  'version',
  'created_at',
  'updated_at',
] as const;

interface Row {
  id: string;
  channel: string;
  plugin: string;
  name: string;
  sealed_config: string;
  state: ChannelConfiguration['state'];
  disabled_reason: string | null;
  failing_since: number | null;
  version: number;
  created_at: number;
  updated_at: number;
}

const channelOf = (row: Row): ChannelConfiguration => ({
  id: row.id,
  channel: row.channel,
  plugin: row.plugin,
  name: row.name,
  sealedConfig: row.sealed_config,
  state: row.state,
  ...(row.disabled_reason !== null && { disabledReason: row.disabled_reason }),
  ...(row.failing_since !== null && { failingSince: row.failing_since }),
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const valuesOf = (tenantId: string, one: ChannelConfiguration): SqlValue[] => [
  tenantId,
  one.id,
  one.channel,
  one.plugin,
  one.name,
  one.sealedConfig,
  one.state,
  one.disabledReason,
  one.failingSince,
  one.version,
  one.createdAt,
  one.updatedAt,
];

export class SqlChannelStore extends ChannelStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async insert(tenantId: string, channel: ChannelConfiguration): Promise<void> {
    await this.#db.insertRows('channels', COLUMNS, [valuesOf(tenantId, channel)]);
  }

  override async get(tenantId: string, id: string): Promise<ChannelConfiguration | undefined> {
    const row = await this.#db.selectOne<Row>(
      `SELECT ${COLUMNS.join(', ')} FROM channels WHERE tenant_id = ? AND id = ?`,
      [tenantId, id],
    );
    return row && channelOf(row);
  }

  override async replace(tenantId: string, channel: ChannelConfiguration, expectedVersion: number): Promise<boolean> {
    const changed = COLUMNS.slice(2);
    const { changes } = await this.#db.run(
      `UPDATE channels SET ${changed.map((column) => `${column} = ?`).join(', ')}
       WHERE tenant_id = ? AND id = ? AND version = ?`,
      [...valuesOf(tenantId, channel).slice(2), tenantId, channel.id, expectedVersion],
    );
    return changes === 1;
  }

  override async list(tenantId: string, page: PageRequest): Promise<Page<ChannelConfiguration>> {
    const [after] = page.cursor === undefined ? [''] : decodeCursor(page.cursor, 1);
    const rows = await this.#db.select<Row>(
      `SELECT ${COLUMNS.join(', ')} FROM channels WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?`,
      [tenantId, after, page.limit + 1],
    );
    return toPage(rows.map(channelOf), page.limit, (one) => [one.id]);
  }

  override async delete(tenantId: string, id: string): Promise<boolean> {
    const { changes } = await this.#db.run('DELETE FROM channels WHERE tenant_id = ? AND id = ?', [tenantId, id]);
    return changes > 0;
  }

  override async tenantOf(channelId: string): Promise<string | undefined> {
    const row = await this.#db.selectOne<{ tenant_id: string }>('SELECT tenant_id FROM channels WHERE id = ?', [
      channelId,
    ]);
    return row?.tenant_id;
  }

  override async noteFailing(tenantId: string, id: string, since: number): Promise<void> {
    await this.#db.run(
      'UPDATE channels SET failing_since = ? WHERE tenant_id = ? AND id = ? AND failing_since IS NULL',
      [since, tenantId, id],
    );
  }

  override async noteWorking(tenantId: string, id: string): Promise<void> {
    await this.#db.run('UPDATE channels SET failing_since = NULL WHERE tenant_id = ? AND id = ?', [tenantId, id]);
  }

  override async disable(tenantId: string, id: string, reason: string, at: number): Promise<void> {
    await this.#db.run(
      `UPDATE channels SET state = 'disabled', disabled_reason = ?, updated_at = ?, version = version + 1
       WHERE tenant_id = ? AND id = ? AND state = 'enabled'`,
      [reason, at, tenantId, id],
    );
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await this.#db.run('DELETE FROM channels WHERE tenant_id = ?', [tenantId]);
  }
}
