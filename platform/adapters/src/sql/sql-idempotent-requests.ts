import { type Beginning, IdempotentRequests, type KeptAnswer } from '@cdp/core/tenancy';
import type { SqlDatabase } from './database.js';

interface RequestRow {
  fingerprint: string;
  state: 'running' | 'done';
  locked_until: number;
  expires_at: number;
  status: number | null;
  answer: string | null;
}

export class SqlIdempotentRequests extends IdempotentRequests {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async begin(
    tenantId: string,
    digest: string,
    fingerprint: string,
    times: { now: number; lockedUntil: number; expiresAt: number },
  ): Promise<Beginning> {
    const { now, lockedUntil, expiresAt } = times;
    const columns = ['tenant_id', 'digest', 'fingerprint', 'state', 'locked_until', 'expires_at', 'status', 'answer'];
    const running = [[tenantId, digest, fingerprint, 'running', lockedUntil, expiresAt, null, null]];
    return this.#db.transaction(async () => {
      // Of several at once one writes it, and the others wait until that is committed.
      const taken = await this.#db.insertRows('idempotent_requests', columns, running, { ignoreDuplicates: true });
      if (taken === 1) return { kind: 'new' };
      const row = await this.#db.selectOne<RequestRow>(
        `SELECT * FROM idempotent_requests WHERE tenant_id = ? AND digest = ?${this.#db.dialect.forUpdate}`,
        [tenantId, digest],
      );
      if (row && row.expires_at > now) {
        if (row.fingerprint !== fingerprint) return { kind: 'different' };
        if (row.state === 'done') return { kind: 'done', answer: { status: row.status ?? 200, body: row.answer } };
        if (row.locked_until > now) return { kind: 'running' };
      }
      await this.#db.upsertRows('idempotent_requests', columns, running, { key: ['tenant_id', 'digest'] });
      return { kind: 'new' };
    });
  }

  override async finish(tenantId: string, digest: string, { status, body }: KeptAnswer): Promise<void> {
    await this.#db.run(
      "UPDATE idempotent_requests SET state = 'done', status = ?, answer = ? WHERE tenant_id = ? AND digest = ?",
      [status, body, tenantId, digest],
    );
  }

  override async abandon(tenantId: string, digest: string): Promise<void> {
    await this.#db.run("DELETE FROM idempotent_requests WHERE tenant_id = ? AND digest = ? AND state = 'running'", [
      tenantId,
      digest,
    ]);
  }

  override async purge(now: number): Promise<void> {
    await this.#db.deleteMany('idempotent_requests', 'expires_at < ?', [now]);
  }
}
