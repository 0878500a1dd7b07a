import { type Account, AccountStore } from '@cdp/core/tenancy';
import type { SqlDatabase } from './database.js';

interface AccountRow {
  id: string;
  email: string;
  name: string | null;
  password_hash: string | null;
  password_state: Account['passwordState'];
  password_set_at: number;
  platform_admin: number;
  version: number;
  created_at: number;
  updated_at: number;
}

const accountOf = (row: AccountRow): Account => ({
  id: row.id,
  email: row.email,
  name: row.name,
  passwordHash: row.password_hash,
  passwordState: row.password_state,
  passwordSetAt: row.password_set_at,
  platformAdmin: row.platform_admin === 1,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export class SqlAccountStore extends AccountStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async insert(account: Account): Promise<boolean> {
    const inserted = await this.#db.insertRows(
      'accounts',
      [
        'id',
        'email',
        'name',
        'password_hash',
        'password_state',
        'password_set_at',
        'platform_admin',
        'version',
        'created_at',
        'updated_at',
      ],
      [
        [
          account.id,
          account.email,
          account.name,
          account.passwordHash,
          account.passwordState,
          account.passwordSetAt,
          account.platformAdmin,
          account.version,
          account.createdAt,
          account.updatedAt,
        ],
      ],
      { ignoreDuplicates: true },
    );
    return inserted === 1;
  }

  override async get(accountId: string): Promise<Account | undefined> {
    const row = await this.#db.selectOne<AccountRow>('SELECT * FROM accounts WHERE id = ?', [accountId]);
    return row && accountOf(row);
  }

  override async byEmail(email: string): Promise<Account | undefined> {
    const row = await this.#db.selectOne<AccountRow>('SELECT * FROM accounts WHERE email = ?', [email]);
    return row && accountOf(row);
  }

  override async replace(account: Account, expectedVersion: number): Promise<boolean> {
    const { changes } = await this.#db.run(
      `UPDATE accounts SET name = ?, password_hash = ?, password_state = ?, password_set_at = ?, platform_admin = ?, version = ?,
        updated_at = ? WHERE id = ? AND version = ?`,
      [
        account.name,
        account.passwordHash,
        account.passwordState,
        account.passwordSetAt,
        account.platformAdmin,
        account.version,
        account.updatedAt,
        account.id,
        expectedVersion,
      ],
    );
    return changes === 1;
  }

  override async remove(accountId: string): Promise<void> {
    await this.#db.run('DELETE FROM accounts WHERE id = ?', [accountId]);
  }
}
