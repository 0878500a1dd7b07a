import { TenantEraser } from '@cdp/core/tenancy';
import type { SqlDatabase } from './database.js';

/** Apps, memberships and the audit log of a deleted tenant, and the accounts that were in no other. */
export class SqlTenancyEraser extends TenantEraser {
  readonly name = 'tenancy';
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async erase(tenantId: string): Promise<void> {
    // What can be much, before the rest; whoever is interrupted begins again.
    for (const table of ['audit_log', 'idempotent_requests'])
      await this.#db.deleteMany(table, 'tenant_id = ?', [tenantId]);
    await this.#db.transaction(async () => {
      const members = await this.#db.select<{ account_id: string }>(
        'SELECT account_id FROM memberships WHERE tenant_id = ?',
        [tenantId],
      );
      for (const table of ['app_secrets', 'apps', 'memberships'])
        await this.#db.run(`DELETE FROM ${table} WHERE tenant_id = ?`, [tenantId]);
      for (const { account_id } of members) {
        const left = await this.#db.selectOne('SELECT tenant_id FROM memberships WHERE account_id = ?', [account_id]);
        if (left) continue;
        const { changes } = await this.#db.run('DELETE FROM accounts WHERE id = ? AND platform_admin = 0', [
          account_id,
        ]);
        if (changes === 1) await this.#db.run('DELETE FROM sessions WHERE account_id = ?', [account_id]);
      }
    });
  }
}
