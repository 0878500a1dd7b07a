import { CdpError, invalid } from '@cdp/core/kernel';
import { type Due, DueIndex } from '@cdp/core/segment';
import type { SqlDatabase } from './database.js';

interface Row {
  due_at: number;
  tenant_id: string;
  profile_id: string;
}

/** Instants that one DELETE names: SQLite takes an OR of up to a thousand. */
const NAMED_AT_ONCE = 250;

/** One row an instant, in a table that is in the order of time. */
export class SqlDueIndex extends DueIndex {
  readonly #db: SqlDatabase;
  #closed = false;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async schedule(entries: readonly Due[]): Promise<void> {
    this.#assertOpen();
    const rows = entries.map(keyOf).sort(byKey);
    await this.#db.insertRows('due_instants', ['due_at', 'tenant_id', 'profile_id'], rows, { ignoreDuplicates: true });
  }

  override async due(now: number, limit: number): Promise<Due[]> {
    this.#assertOpen();
    const rows = await this.#db.select<Row>(
      'SELECT due_at, tenant_id, profile_id FROM due_instants WHERE due_at <= ? ORDER BY due_at, tenant_id, profile_id LIMIT ?',
      [Math.floor(now), limit],
    );
    return rows.map(({ tenant_id, profile_id, due_at }) => ({
      tenantId: tenant_id,
      profileId: profile_id,
      at: due_at,
    }));
  }

  override async done(entries: readonly Due[]): Promise<void> {
    this.#assertOpen();
    if (entries.length === 0) return;
    const keys = entries.map(keyOf).sort(byKey);
    await this.#db.transaction(async () => {
      for (let from = 0; from < keys.length; from += NAMED_AT_ONCE) {
        const named = keys.slice(from, from + NAMED_AT_ONCE);
        const each = named.map(() => '(due_at = ? AND tenant_id = ? AND profile_id = ?)');
        await this.#db.run(`DELETE FROM due_instants WHERE ${each.join(' OR ')}`, named.flat());
      }
    });
  }

  override async next(): Promise<number | undefined> {
    this.#assertOpen();
    const row = await this.#db.selectOne<Pick<Row, 'due_at'>>(
      'SELECT due_at FROM due_instants ORDER BY due_at LIMIT ?',
      [1],
    );
    return row?.due_at;
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    this.#assertOpen();
    await this.#db.deleteMany('due_instants', 'tenant_id = ?', [tenantId]);
  }

  override async close(): Promise<void> {
    this.#closed = true;
  }

  #assertOpen(): void {
    if (this.#closed) throw new CdpError('unavailable', 'The due index is closed.', { retryAfter: 5 });
  }
}

type Key = [number, string, string];

function keyOf({ at, tenantId, profileId }: Due): Key {
  if (!(at >= 0 && at <= Number.MAX_SAFE_INTEGER)) throw invalid('at', 'must be milliseconds since 1970');
  // A part of a millisecond early would be too early.
  return [Math.ceil(at), tenantId, profileId];
}

/** Writers that lock rows in one order do not wait for each other in a circle. */
const byKey = (a: Key, b: Key): number => a[0] - b[0] || compare(a[1], b[1]) || compare(a[2], b[2]);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
