import { type Template, TemplateStore } from '@cdp/core/campaign';
import { decodeCursor, type JsonObject, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import type { SqlDatabase } from './database.js';

interface Row {
  id: string;
  channel: string;
  plugin: string;
  name: string;
  version: number;
  content: string;
  created_at: number;
  updated_at: number;
}

const SELECT = `SELECT t.id, t.channel, t.plugin, v.name, v.version, v.content, t.created_at, v.created_at AS updated_at
  FROM templates t JOIN template_versions v ON v.tenant_id = t.tenant_id AND v.template_id = t.id`;

const templateOf = (row: Row): Template => ({
  id: row.id,
  channel: row.channel,
  plugin: row.plugin,
  name: row.name,
  version: row.version,
  content: JSON.parse(row.content) as JsonObject,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export class SqlTemplateStore extends TemplateStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async insert(tenantId: string, template: Template): Promise<void> {
    await this.#db.transaction(async () => {
      await this.#db.insertRows(
        'templates',
        ['tenant_id', 'id', 'channel', 'plugin', 'version', 'deleted', 'created_at'],
        [[tenantId, template.id, template.channel, template.plugin, template.version, 0, template.createdAt]],
      );
      await this.#insertVersion(tenantId, template);
    });
  }

  override async get(tenantId: string, id: string, version?: number): Promise<Template | undefined> {
    const row = await this.#db.selectOne<Row>(
      `${SELECT} WHERE t.tenant_id = ? AND t.id = ? AND ${version === undefined ? 't.deleted = 0 AND v.version = t.version' : 'v.version = ?'}`,
      [tenantId, id, ...(version === undefined ? [] : [version])],
    );
    return row && templateOf(row);
  }

  override async replace(tenantId: string, template: Template, expectedVersion: number): Promise<boolean> {
    return this.#db.transaction(async () => {
      const { changes } = await this.#db.run(
        'UPDATE templates SET version = ? WHERE tenant_id = ? AND id = ? AND version = ? AND deleted = 0',
        [template.version, tenantId, template.id, expectedVersion],
      );
      if (changes === 0) return false;
      await this.#insertVersion(tenantId, template);
      return true;
    });
  }

  override async list(tenantId: string, page: PageRequest & { channel?: string | undefined }): Promise<Page<Template>> {
    const [after] = page.cursor === undefined ? [''] : decodeCursor(page.cursor, 1);
    const rows = await this.#db.select<Row>(
      `${SELECT} WHERE t.tenant_id = ? AND t.id > ? AND t.deleted = 0 AND v.version = t.version
       ${page.channel === undefined ? '' : 'AND t.channel = ?'} ORDER BY t.id LIMIT ?`,
      [tenantId, after, ...(page.channel === undefined ? [] : [page.channel]), page.limit + 1],
    );
    return toPage(rows.map(templateOf), page.limit, (one) => [one.id]);
  }

  override async delete(tenantId: string, id: string): Promise<boolean> {
    const { changes } = await this.#db.run(
      'UPDATE templates SET deleted = 1 WHERE tenant_id = ? AND id = ? AND deleted = 0',
      [tenantId, id],
    );
    return changes > 0;
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    for (const table of ['template_versions', 'templates'])
      await this.#db.deleteMany(table, 'tenant_id = ?', [tenantId]);
  }

  async #insertVersion(tenantId: string, template: Template): Promise<void> {
    await this.#db.insertRows(
      'template_versions',
      ['tenant_id', 'template_id', 'version', 'name', 'content', 'created_at'],
      [[tenantId, template.id, template.version, template.name, JSON.stringify(template.content), template.updatedAt]],
    );
  }
}
