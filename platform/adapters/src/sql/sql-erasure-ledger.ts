import type { Clock } from '@cdp/core/kernel';
import {
  ERASED_BY_PART,
  ERASED_ONCE,
  type ErasedStore,
  type Erasure,
  ErasureLedger,
  type ErasureReceipt,
} from '@cdp/core/profile';
import { marks, type SqlDatabase } from './database.js';

interface ErasureRow {
  tenant_id: string;
  id: string;
  profile_id: string;
  parts: string;
  requested_at: number;
}

const COLUMNS = 'tenant_id, id, profile_id, parts, requested_at';

export class SqlErasureLedger extends ErasureLedger {
  readonly #db: SqlDatabase;
  readonly #clock: Clock;

  constructor(db: SqlDatabase, clock: Clock) {
    super();
    this.#db = db;
    this.#clock = clock;
  }

  override async open(tenantId: string, erasure: Omit<Erasure, 'tenantId'>): Promise<void> {
    await this.#db.insertRows(
      'erasures',
      ['tenant_id', 'id', 'profile_id', 'parts', 'requested_at', 'sent'],
      [[tenantId, erasure.id, erasure.profileId, JSON.stringify(erasure.parts), erasure.requestedAt, 0]],
    );
  }

  override async done(
    tenantId: string,
    receiptId: string,
    store: ErasedStore,
    part: string,
    what: string,
  ): Promise<void> {
    await this.#db.transaction(async () => {
      await this.#db.insertRows(
        'erasure_stores',
        ['tenant_id', 'erasure_id', 'store', 'part', 'what', 'done_at'],
        [[tenantId, receiptId, store, part, what, this.#clock.now()]],
        { ignoreDuplicates: true },
      );
      if (store === 'log')
        await this.#db.run('UPDATE erasures SET sent = 1 WHERE tenant_id = ? AND id = ?', [tenantId, receiptId]);
    });
  }

  override async get(tenantId: string, receiptId: string): Promise<ErasureReceipt | undefined> {
    const row = await this.#db.selectOne<ErasureRow>(`SELECT ${COLUMNS} FROM erasures WHERE tenant_id = ? AND id = ?`, [
      tenantId,
      receiptId,
    ]);
    return row && this.#receipt(row);
  }

  override async ofProfile(tenantId: string, profileId: string): Promise<ErasureReceipt | undefined> {
    const row = await this.#db.selectOne<ErasureRow>(
      `SELECT ${COLUMNS} FROM erasures WHERE tenant_id = ? AND profile_id = ?`,
      [tenantId, profileId],
    );
    return row && this.#receipt(row);
  }

  override async erasedAmong(tenantId: string, profileIds: readonly string[]): Promise<string[]> {
    if (profileIds.length === 0) return [];
    const rows = await this.#db.select<{ profile_id: string }>(
      `SELECT DISTINCT profile_id FROM erasures WHERE tenant_id = ? AND profile_id IN (${marks(profileIds)})`,
      [tenantId, ...profileIds],
    );
    return rows.map((row) => row.profile_id);
  }

  override async unsent(limit: number): Promise<Erasure[]> {
    const rows = await this.#db.select<ErasureRow>(
      `SELECT ${COLUMNS} FROM erasures WHERE sent = 0 ORDER BY id LIMIT ?`,
      [limit],
    );
    return rows.map((row) => ({
      id: row.id,
      tenantId: row.tenant_id,
      profileId: row.profile_id,
      parts: JSON.parse(row.parts),
      requestedAt: row.requested_at,
    }));
  }

  async #receipt(row: ErasureRow): Promise<ErasureReceipt> {
    const stores = await this.#db.select<{ store: string; part: string; what: string; done_at: number }>(
      'SELECT store, part, what, done_at FROM erasure_stores WHERE tenant_id = ? AND erasure_id = ? ORDER BY done_at, store, part',
      [row.tenant_id, row.id],
    );
    const isDone = (store: string, part: string) => stores.some((done) => done.store === store && done.part === part);
    const parts = JSON.parse(row.parts) as string[];
    const done =
      ERASED_ONCE.every((store) => isDone(store, '')) &&
      ERASED_BY_PART.every((store) => parts.every((part) => isDone(store, part)));
    return {
      id: row.id,
      tenantId: row.tenant_id,
      profileId: row.profile_id,
      requestedAt: row.requested_at,
      state: done ? 'done' : 'pending',
      stores: stores.map(({ store, what, done_at }) => ({ store, what, at: done_at })),
    };
  }
}
