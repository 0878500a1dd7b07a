import {
  type InboxMark,
  type InboxMessage,
  type InboxQuery,
  InboxStore,
  type NewInboxMessage,
} from '@cdp/core/delivery';
import { decodeCursor, invalid, type Page, toPage } from '@cdp/core/kernel';
import { marks, type SqlDatabase } from './database.js';

const ASKED_AT_ONCE = 1_000;
const COLUMNS =
  'id, profile_id, owner_id, campaign_id, channel, content, sent_at, expires_at, arrival, revision, read_at, clicked_at, dismissed_at';
const COLUMN_OF: Record<InboxMark, string> = { read: 'read_at', clicked: 'clicked_at', dismissed: 'dismissed_at' };
/** In the inbox of a person, not dismissed, not past its time. */
const LISTED = 'tenant_id = ? AND owner_id = ? AND dismissed_at IS NULL AND expires_at > ?';

interface InboxRow {
  id: string;
  profile_id: string;
  owner_id: string;
  campaign_id: string | null;
  channel: string;
  content: string;
  sent_at: number;
  expires_at: number;
  arrival: number;
  revision: number;
  read_at: number | null;
  clicked_at: number | null;
  dismissed_at: number | null;
}

export class SqlInboxStore extends InboxStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async put(tenantId: string, messages: readonly NewInboxMessage[]): Promise<void> {
    if (messages.length === 0) return;
    await this.#db.transaction(async () => {
      const first = await this.#take(tenantId, messages.length);
      await this.#db.insertRows(
        'inbox_messages',
        [
          'tenant_id',
          'id',
          'profile_id',
          'owner_id',
          'campaign_id',
          'channel',
          'content',
          'sent_at',
          'expires_at',
          'arrival',
          'revision',
        ],
        messages.map((message, index) => [
          tenantId,
          message.id,
          message.profileId,
          message.profileId,
          message.campaignId,
          message.channel,
          JSON.stringify(message.content),
          message.sentAt,
          message.expiresAt,
          first + index,
          first + index,
        ]),
        { ignoreDuplicates: true },
      );
    });
  }

  override async list(tenantId: string, ownerId: string, query: InboxQuery): Promise<Page<InboxMessage>> {
    const [before] = query.cursor === undefined ? [Number.MAX_SAFE_INTEGER] : decodeCursor(query.cursor, 1);
    if (typeof before !== 'number') throw invalid('cursor', 'Not a cursor of this list.');
    const rows = await this.#db.select<InboxRow>(
      `SELECT ${COLUMNS} FROM inbox_messages WHERE ${LISTED} AND arrival < ?
       ${query.unread ? 'AND read_at IS NULL' : ''} ORDER BY arrival DESC LIMIT ?`,
      [tenantId, ownerId, query.now, before, query.limit + 1],
    );
    return toPage(rows.map(messageOf), query.limit, (one) => [one.arrival]);
  }

  override async unread(tenantId: string, ownerId: string, now: number): Promise<number> {
    const row = await this.#db.selectOne<{ unread: number }>(
      `SELECT COUNT(*) AS unread FROM inbox_messages WHERE ${LISTED} AND read_at IS NULL`,
      [tenantId, ownerId, now],
    );
    return row?.unread ?? 0;
  }

  override async get(tenantId: string, ownerId: string, id: string, now: number): Promise<InboxMessage | undefined> {
    const row = await this.#db.selectOne<InboxRow>(
      `SELECT ${COLUMNS} FROM inbox_messages WHERE tenant_id = ? AND id = ? AND owner_id = ? AND expires_at > ?`,
      [tenantId, id, ownerId, now],
    );
    return row && messageOf(row);
  }

  override async mark(
    tenantId: string,
    ownerId: string,
    id: string,
    wanted: readonly InboxMark[],
    now: number,
  ): Promise<InboxMessage | undefined> {
    return this.#db.transaction(async () => {
      const message = await this.get(tenantId, ownerId, id, now);
      const open = message && wanted.filter((mark) => message[`${mark}At`] === undefined);
      if (!open || open.length === 0) return message;
      // What another one set meanwhile keeps its time.
      const set = open.map((mark) => `${COLUMN_OF[mark]} = COALESCE(${COLUMN_OF[mark]}, ?)`);
      await this.#db.run(`UPDATE inbox_messages SET revision = ?, ${set.join(', ')} WHERE tenant_id = ? AND id = ?`, [
        await this.#take(tenantId, 1),
        ...open.map(() => now),
        tenantId,
        id,
      ]);
      return this.get(tenantId, ownerId, id, now);
    });
  }

  override async revision(tenantId: string): Promise<number> {
    const row = await this.#db.selectOne<{ last_revision: number }>(
      'SELECT last_revision FROM inbox_revisions WHERE tenant_id = ?',
      [tenantId],
    );
    return row?.last_revision ?? 0;
  }

  override async changes(
    tenantId: string,
    ownerIds: readonly string[],
    since: number,
    limit: number,
  ): Promise<InboxMessage[]> {
    const found: InboxRow[] = [];
    for (const owners of chunks(ownerIds))
      found.push(
        ...(await this.#db.select<InboxRow>(
          `SELECT ${COLUMNS} FROM inbox_messages WHERE tenant_id = ? AND owner_id IN (${marks(owners)}) AND revision > ?
           ORDER BY revision LIMIT ?`,
          [tenantId, ...owners, since, limit],
        )),
      );
    return found
      .sort((a, b) => a.revision - b.revision)
      .slice(0, limit)
      .map(messageOf);
  }

  override async holdsAny(tenantId: string, ownerIds: readonly string[]): Promise<boolean> {
    const row = await this.#db.selectOne(
      `SELECT id FROM inbox_messages WHERE tenant_id = ? AND owner_id IN (${marks(ownerIds)}) LIMIT 1`,
      [tenantId, ...ownerIds],
    );
    return row !== undefined;
  }

  override async give(tenantId: string, profileIds: readonly string[], ownerId: string): Promise<void> {
    await this.#db.transaction(async () => {
      for (const some of chunks(profileIds)) {
        const rows = await this.#db.select<{ id: string }>(
          `SELECT id FROM inbox_messages WHERE tenant_id = ? AND profile_id IN (${marks(some)}) AND owner_id <> ?
           ORDER BY arrival${this.#db.dialect.forUpdate}`,
          [tenantId, ...some, ownerId],
        );
        if (rows.length === 0) continue;
        const first = await this.#take(tenantId, rows.length);
        for (const [index, { id }] of rows.entries())
          await this.#db.run('UPDATE inbox_messages SET owner_id = ?, revision = ? WHERE tenant_id = ? AND id = ?', [
            ownerId,
            first + index,
            tenantId,
            id,
          ]);
      }
    });
  }

  override async erase(tenantId: string, profileId: string): Promise<number> {
    const { changes } = await this.#db.run(
      'DELETE FROM inbox_messages WHERE tenant_id = ? AND (profile_id = ? OR owner_id = ?)',
      [tenantId, profileId, profileId],
    );
    return changes;
  }

  override async trim(now: number, limit: number): Promise<number> {
    return this.#db.transaction(async () => {
      const rows = await this.#db.select<{ tenant_id: string; id: string }>(
        `SELECT tenant_id, id FROM inbox_messages WHERE expires_at <= ? ORDER BY expires_at LIMIT ?${this.#db.dialect.forUpdate}`,
        [now, limit],
      );
      for (const [tenantId, group] of Map.groupBy(rows, (row) => row.tenant_id))
        for (const some of chunks(group.map((row) => row.id)))
          await this.#db.run(`DELETE FROM inbox_messages WHERE tenant_id = ? AND id IN (${marks(some)})`, [
            tenantId,
            ...some,
          ]);
      return rows.length;
    });
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    for (const table of ['inbox_messages', 'inbox_revisions'])
      await this.#db.deleteMany(table, 'tenant_id = ?', [tenantId]);
  }

  /** The first of `count` numbers that nobody else gets, inside the transaction of the change. */
  async #take(tenantId: string, count: number): Promise<number> {
    const add = () =>
      this.#db.run('UPDATE inbox_revisions SET last_revision = last_revision + ? WHERE tenant_id = ?', [
        count,
        tenantId,
      ]);
    if ((await add()).changes === 0) {
      await this.#db.insertRows('inbox_revisions', ['tenant_id', 'last_revision'], [[tenantId, 0]], {
        ignoreDuplicates: true,
      });
      await add();
    }
    return (await this.revision(tenantId)) - count + 1;
  }
}

function* chunks(ids: readonly string[]): Iterable<readonly string[]> {
  for (let start = 0; start < ids.length; start += ASKED_AT_ONCE) yield ids.slice(start, start + ASKED_AT_ONCE);
}

const messageOf = (row: InboxRow): InboxMessage => ({
  id: row.id,
  profileId: row.profile_id,
  ownerId: row.owner_id,
  ...(row.campaign_id !== null && { campaignId: row.campaign_id }),
  channel: row.channel,
  content: JSON.parse(row.content),
  sentAt: row.sent_at,
  expiresAt: row.expires_at,
  arrival: row.arrival,
  revision: row.revision,
  ...(row.read_at !== null && { readAt: row.read_at }),
  ...(row.clicked_at !== null && { clickedAt: row.clicked_at }),
  ...(row.dismissed_at !== null && { dismissedAt: row.dismissed_at }),
});
