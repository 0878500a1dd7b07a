import { type RejectedEvent, RejectedEventStore } from '@cdp/core/ingest';
import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import { marks, type SqlDatabase } from './database.js';

interface RejectedRow {
  tenant_id: string;
  id: string;
  app_id: string;
  received_at: number;
  message_id: string | null;
  code: string;
  path: string;
  message: string;
  payload: string;
}

export class SqlRejectedEventStore extends RejectedEventStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async insert(events: readonly RejectedEvent[]): Promise<void> {
    await this.#db.insertRows(
      'rejected_events',
      ['tenant_id', 'id', 'app_id', 'received_at', 'message_id', 'code', 'path', 'message', 'payload'],
      events.map((event) => [
        event.tenantId,
        event.id,
        event.appId,
        event.receivedAt,
        event.messageId ?? null,
        event.code,
        event.path.slice(0, 255),
        event.message.slice(0, 1_024),
        event.payload,
      ]),
      { ignoreDuplicates: true },
    );
  }

  override async list(tenantId: string, page: PageRequest): Promise<Page<RejectedEvent>> {
    const before = page.cursor === undefined ? '~' : String(decodeCursor(page.cursor, 1)[0]);
    const rows = await this.#db.selectLate<RejectedRow>(
      'SELECT * FROM rejected_events WHERE tenant_id = ? AND id < ? ORDER BY id DESC LIMIT ?',
      [tenantId, before, page.limit + 1],
    );
    return toPage(rows.map(eventOf), page.limit, ({ id }) => [id]);
  }

  override async find(tenantId: string, messageId: string): Promise<RejectedEvent | undefined> {
    const row = await this.#db.selectOne<RejectedRow>(
      'SELECT * FROM rejected_events WHERE tenant_id = ? AND message_id = ? ORDER BY id DESC LIMIT 1',
      [tenantId, messageId],
    );
    return row && eventOf(row);
  }

  override async trim(before: number, limit: number): Promise<number> {
    const rows = await this.#db.select<{ tenant_id: string; id: string }>(
      'SELECT tenant_id, id FROM rejected_events WHERE received_at < ? LIMIT ?',
      [before, limit],
    );
    for (const [tenantId, old] of Map.groupBy(rows, (row) => row.tenant_id))
      await this.#db.run(`DELETE FROM rejected_events WHERE tenant_id = ? AND id IN (${marks(old)})`, [
        tenantId,
        ...old.map(({ id }) => id),
      ]);
    return rows.length;
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await this.#db.deleteMany('rejected_events', 'tenant_id = ?', [tenantId]);
  }
}

const eventOf = (row: RejectedRow): RejectedEvent => ({
  id: row.id,
  tenantId: row.tenant_id,
  appId: row.app_id,
  receivedAt: row.received_at,
  ...(row.message_id === null ? {} : { messageId: row.message_id }),
  code: row.code,
  path: row.path,
  message: row.message,
  payload: row.payload,
});
