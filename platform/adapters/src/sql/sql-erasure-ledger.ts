import type { Clock } from '@cdp/core/kernel';
import { ERASED_STORES, type ErasedStore, ErasureLedger, type ErasureReceipt } from '@cdp/core/profile';
import type { SqlDatabase } from './database.js';

interface ErasureRow {
  id: string;
  profile_id: string;
  requested_at: number;
}

export class SqlErasureLedger extends ErasureLedger {
  readonly #db: SqlDatabase;
  readonly #clock: Clock;

  constructor(db: SqlDatabase, clock: Clock) {
    super();
    this.#db = db;
    this.#clock = clock;
  }

  override async open(
    tenantId: string,
    receipt: Pick<ErasureReceipt, 'id' | 'profileId' | 'requestedAt'>,
  ): Promise<void> {
    await this.#db.insertRows(
      'erasures',
      ['tenant_id', 'id', 'profile_id', 'requested_at'],
      [[tenantId, receipt.id, receipt.profileId, receipt.requestedAt]],
    );
  }

  override async done(tenantId: string, receiptId: string, store: ErasedStore, what: string): Promise<void> {
    await this.#db.insertRows(
      'erasure_stores',
      ['tenant_id', 'erasure_id', 'store', 'what', 'done_at'],
      [[tenantId, receiptId, store, what, this.#clock.now()]],
      { ignoreDuplicates: true },
    );
  }

  override async get(tenantId: string, receiptId: string): Promise<ErasureReceipt | undefined> {
    const row = await this.#db.selectOne<ErasureRow>(
      'SELECT id, profile_id, requested_at FROM erasures WHERE tenant_id = ? AND id = ?',
      [tenantId, receiptId],
    );
    return row && this.#receipt(tenantId, row);
  }

  override async ofProfile(tenantId: string, profileId: string): Promise<ErasureReceipt | undefined> {
    const row = await this.#db.selectOne<ErasureRow>(
      'SELECT id, profile_id, requested_at FROM erasures WHERE tenant_id = ? AND profile_id = ?',
      [tenantId, profileId],
    );
    return row && this.#receipt(tenantId, row);
  }

  async #receipt(tenantId: string, row: ErasureRow): Promise<ErasureReceipt> {
    const stores = await this.#db.select<{ store: string; what: string; done_at: number }>(
      'SELECT store, what, done_at FROM erasure_stores WHERE tenant_id = ? AND erasure_id = ? ORDER BY done_at, store',
      [tenantId, row.id],
    );
    return {
      id: row.id,
      tenantId,
      profileId: row.profile_id,
      requestedAt: row.requested_at,
      state: ERASED_STORES.every((store) => stores.some((done) => done.store === store)) ? 'done' : 'pending',
      stores: stores.map(({ store, what, done_at }) => ({ store, what, at: done_at })),
    };
  }
}
