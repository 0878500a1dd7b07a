import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import { type App, AppStore } from '@cdp/core/tenancy';
import { type AppRow, appsOf } from './app-rows.js';
import type { SqlDatabase } from './database.js';
import { nextChange } from './next-change.js';

const COLUMNS = [
  'tenant_id',
  'id',
  'app_key',
  'name',
  'kind',
  'allowed_origins',
  'allowed_ips',
  'expires_at',
  'limits',
  'state',
  'version',
  'created_at',
  'updated_at',
  'change_number',
];

export class SqlAppStore extends AppStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async insert(tenantId: string, app: App): Promise<void> {
    await this.#db.transaction(async () => {
      const change = await nextChange(this.#db);
      const row = [
        tenantId,
        app.id,
        app.appKey,
        app.name,
        app.kind,
        JSON.stringify(app.allowedOrigins),
        JSON.stringify(app.allowedIps),
        app.expiresAt,
        JSON.stringify(app.limits),
        app.state,
        app.version,
        app.createdAt,
        app.updatedAt,
        change,
      ];
      await this.#db.insertRows('apps', COLUMNS, [row]);
      await this.#writeSecrets(tenantId, app);
    });
  }

  override async get(tenantId: string, appId: string): Promise<App | undefined> {
    const rows = await this.#db.select<AppRow>(
      "SELECT * FROM apps WHERE tenant_id = ? AND id = ? AND state <> 'deleted'",
      [tenantId, appId],
    );
    return (await appsOf(this.#db, rows))[0];
  }

  override async replace(tenantId: string, app: App, expectedVersion: number): Promise<boolean> {
    return this.#db.transaction(async () => {
      const change = await nextChange(this.#db);
      const { changes } = await this.#db.run(
        `UPDATE apps SET name = ?, allowed_origins = ?, allowed_ips = ?, expires_at = ?, limits = ?, state = ?, version = ?,
          updated_at = ?, change_number = ? WHERE tenant_id = ? AND id = ? AND version = ?`,
        [
          app.name,
          JSON.stringify(app.allowedOrigins),
          JSON.stringify(app.allowedIps),
          app.expiresAt,
          JSON.stringify(app.limits),
          app.state,
          app.version,
          app.updatedAt,
          change,
          tenantId,
          app.id,
          expectedVersion,
        ],
      );
      if (changes !== 1) return false;
      await this.#db.run('DELETE FROM app_secrets WHERE tenant_id = ? AND app_id = ?', [tenantId, app.id]);
      await this.#writeSecrets(tenantId, app);
      return true;
    });
  }

  override async list(tenantId: string, { limit, cursor }: PageRequest): Promise<Page<App>> {
    const [after] = cursor === undefined ? [''] : decodeCursor(cursor, 1);
    const rows = await this.#db.select<AppRow>(
      "SELECT * FROM apps WHERE tenant_id = ? AND id > ? AND state <> 'deleted' ORDER BY id LIMIT ?",
      [tenantId, String(after), limit + 1],
    );
    return toPage(await appsOf(this.#db, rows), limit, ({ id }) => [id]);
  }

  async #writeSecrets(tenantId: string, { id: appId, secrets }: App): Promise<void> {
    await this.#db.insertRows(
      'app_secrets',
      ['tenant_id', 'app_id', 'id', 'sealed', 'created_at', 'expires_at'],
      secrets.map(({ id, sealed, createdAt, expiresAt }) => [tenantId, appId, id, sealed, createdAt, expiresAt]),
    );
  }
}
