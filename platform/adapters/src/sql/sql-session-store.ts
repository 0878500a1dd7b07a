import { type Session, SessionStore } from '@cdp/core/tenancy';
import { marks, type SqlDatabase } from './database.js';

interface SessionRow {
  id: string;
  account_id: string;
  created_at: number;
  expires_at: number;
  revoked_at: number | null;
  address: string | null;
  user_agent: string | null;
}

const sessionOf = (row: SessionRow): Session => ({
  id: row.id,
  accountId: row.account_id,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  address: row.address,
  userAgent: row.user_agent,
});

export class SqlSessionStore extends SessionStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async insert(session: Session): Promise<void> {
    const { id, accountId, createdAt, expiresAt, revokedAt, address, userAgent } = session;
    await this.#db.insertRows(
      'sessions',
      ['id', 'account_id', 'created_at', 'expires_at', 'revoked_at', 'address', 'user_agent'],
      [[id, accountId, createdAt, expiresAt, revokedAt, address, userAgent]],
    );
  }

  override async get(sessionId: string): Promise<Session | undefined> {
    const row = await this.#db.selectOne<SessionRow>('SELECT * FROM sessions WHERE id = ?', [sessionId]);
    return row && sessionOf(row);
  }

  override async live(accountId: string, now: number): Promise<Session[]> {
    const rows = await this.#db.select<SessionRow>(
      'SELECT * FROM sessions WHERE account_id = ? AND expires_at > ? AND revoked_at IS NULL ORDER BY id DESC',
      [accountId, now],
    );
    return rows.map(sessionOf);
  }

  override async revoke(accountId: string, sessionId: string, now: number): Promise<boolean> {
    const { changes } = await this.#db.run(
      'UPDATE sessions SET revoked_at = ? WHERE id = ? AND account_id = ? AND revoked_at IS NULL',
      [now, sessionId, accountId],
    );
    return changes === 1;
  }

  override async revokeAll(accountId: string, now: number, except?: string): Promise<string[]> {
    return this.#db.transaction(async () => {
      const ids = (await this.live(accountId, now)).map(({ id }) => id).filter((id) => id !== except);
      if (ids.length > 0)
        await this.#db.run(`UPDATE sessions SET revoked_at = ? WHERE id IN (${marks(ids)})`, [now, ...ids]);
      return ids;
    });
  }

  override async purge(before: number): Promise<number> {
    return this.#db.deleteMany('sessions', 'expires_at < ?', [before]);
  }
}
