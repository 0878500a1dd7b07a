import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import { type Account, type Member, type Membership, MembershipStore, type Role } from '@cdp/core/tenancy';
import type { SqlDatabase } from './database.js';

interface MembershipRow {
  tenant_id: string;
  account_id: string;
  role: Role;
  personal_data: number;
  version: number;
  created_at: number;
}

interface MemberRow extends MembershipRow {
  email: string;
  name: string | null;
  password_state: Account['passwordState'];
}

const membershipOf = (row: MembershipRow): Membership => ({
  tenantId: row.tenant_id,
  accountId: row.account_id,
  role: row.role,
  personalData: row.personal_data === 1,
  version: row.version,
  createdAt: row.created_at,
});

const memberOf = (row: MemberRow): Member => ({
  ...membershipOf(row),
  email: row.email,
  name: row.name,
  passwordState: row.password_state,
});

const MEMBERS =
  'SELECT m.*, a.email, a.name, a.password_state FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE m.tenant_id = ?';

export class SqlMembershipStore extends MembershipStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async insert(tenantId: string, membership: Membership): Promise<boolean> {
    const { accountId, role, personalData, version, createdAt } = membership;
    const inserted = await this.#db.insertRows(
      'memberships',
      ['tenant_id', 'account_id', 'role', 'personal_data', 'version', 'created_at'],
      [[tenantId, accountId, role, personalData, version, createdAt]],
      { ignoreDuplicates: true },
    );
    return inserted === 1;
  }

  override async get(tenantId: string, accountId: string): Promise<Member | undefined> {
    const row = await this.#db.selectOne<MemberRow>(`${MEMBERS} AND m.account_id = ?`, [tenantId, accountId]);
    return row && memberOf(row);
  }

  override async replace(tenantId: string, membership: Membership, expectedVersion: number): Promise<boolean> {
    const { changes } = await this.#db.run(
      `UPDATE memberships SET role = ?, personal_data = ?, version = ?
        WHERE tenant_id = ? AND account_id = ? AND version = ?`,
      [membership.role, membership.personalData, membership.version, tenantId, membership.accountId, expectedVersion],
    );
    return changes === 1;
  }

  override async remove(tenantId: string, accountId: string): Promise<boolean> {
    const { changes } = await this.#db.run('DELETE FROM memberships WHERE tenant_id = ? AND account_id = ?', [
      tenantId,
      accountId,
    ]);
    return changes === 1;
  }

  override async list(tenantId: string, { limit, cursor }: PageRequest): Promise<Page<Member>> {
    const [after] = cursor === undefined ? [''] : decodeCursor(cursor, 1);
    const rows = await this.#db.select<MemberRow>(`${MEMBERS} AND m.account_id > ? ORDER BY m.account_id LIMIT ?`, [
      tenantId,
      String(after),
      limit + 1,
    ]);
    return toPage(rows.map(memberOf), limit, ({ accountId }) => [accountId]);
  }

  override async count(tenantId: string, role: Role): Promise<number> {
    const lock = this.#db.inTransaction ? this.#db.dialect.forUpdate : '';
    const rows = await this.#db.select(`SELECT account_id FROM memberships WHERE tenant_id = ? AND role = ?${lock}`, [
      tenantId,
      role,
    ]);
    return rows.length;
  }

  override async ofAccount(accountId: string): Promise<Membership[]> {
    const rows = await this.#db.select<MembershipRow>(
      `SELECT m.* FROM memberships m JOIN tenants t ON t.id = m.tenant_id
        WHERE m.account_id = ? AND t.state <> 'deleted' ORDER BY m.created_at, m.tenant_id`,
      [accountId],
    );
    return rows.map(membershipOf);
  }
}
