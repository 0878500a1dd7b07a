import { type Suppression, SuppressionStore } from '@cdp/core/consent';
import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import { marks, type SqlDatabase } from './database.js';

const ASKED_AT_ONCE = 2_000;

interface Row {
  channel: string;
  address_hash: string;
  address: string | null;
  reason: Suppression['reason'];
  source: string;
  at: number;
}

const suppressionOf = (row: Row): Suppression => ({
  channel: row.channel,
  addressHash: row.address_hash,
  ...(row.address !== null && { address: row.address }),
  reason: row.reason,
  source: row.source,
  at: row.at,
});

export class SqlSuppressionStore extends SuppressionStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async add(tenantId: string, suppressions: readonly Suppression[]): Promise<number> {
    return this.#db.insertRows(
      'suppressions',
      ['tenant_id', 'channel', 'address_hash', 'address', 'reason', 'source', 'at'],
      suppressions.map((one) => [
        tenantId,
        one.channel,
        one.addressHash,
        one.address,
        one.reason,
        one.source.slice(0, 100),
        one.at,
      ]),
      { ignoreDuplicates: true },
    );
  }

  override async remove(tenantId: string, channel: string, addressHash: string): Promise<boolean> {
    const { changes } = await this.#db.run(
      'DELETE FROM suppressions WHERE tenant_id = ? AND channel = ? AND address_hash = ?',
      [tenantId, channel, addressHash],
    );
    return changes > 0;
  }

  override async among(tenantId: string, channel: string, addressHashes: readonly string[]): Promise<Set<string>> {
    const found = new Set<string>();
    for (let from = 0; from < addressHashes.length; from += ASKED_AT_ONCE) {
      const hashes = addressHashes.slice(from, from + ASKED_AT_ONCE);
      const rows = await this.#db.select<{ address_hash: string }>(
        `SELECT address_hash FROM suppressions WHERE tenant_id = ? AND channel = ? AND address_hash IN (${marks(hashes)})`,
        [tenantId, channel, ...hashes],
      );
      for (const row of rows) found.add(row.address_hash);
    }
    return found;
  }

  override async list(
    tenantId: string,
    page: PageRequest & { channel?: string | undefined },
  ): Promise<Page<Suppression>> {
    const [channel, hash] = page.cursor === undefined ? ['', ''] : decodeCursor(page.cursor, 2);
    const [after, order, values] =
      page.channel === undefined
        ? ['(channel > ? OR (channel = ? AND address_hash > ?))', 'channel, address_hash', [channel, channel, hash]]
        : ['channel = ? AND address_hash > ?', 'address_hash', [page.channel, hash]];
    const rows = await this.#db.select<Row>(
      `SELECT channel, address_hash, address, reason, source, at FROM suppressions
       WHERE tenant_id = ? AND ${after} ORDER BY ${order} LIMIT ?`,
      [tenantId, ...values, page.limit + 1],
    );
    return toPage(rows.map(suppressionOf), page.limit, (one) => [one.channel, one.addressHash]);
  }

  override async forgetAddresses(tenantId: string, addressHashes: readonly string[]): Promise<number> {
    // By the key, which has the channel before the address: to look for the address alone would read all of the tenant's.
    const channels = await this.#db.select<{ channel: string }>(
      'SELECT DISTINCT channel FROM suppressions WHERE tenant_id = ?',
      [tenantId],
    );
    if (channels.length === 0) return 0;
    const { changes } = await this.#db.run(
      `UPDATE suppressions SET address = NULL WHERE tenant_id = ? AND channel IN (${marks(channels)})
       AND address_hash IN (${marks(addressHashes)}) AND address IS NOT NULL`,
      [tenantId, ...channels.map(({ channel }) => channel), ...addressHashes],
    );
    return changes;
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await this.#db.deleteMany('suppressions', 'tenant_id = ?', [tenantId]);
  }
}
