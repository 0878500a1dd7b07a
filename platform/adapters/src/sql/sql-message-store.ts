import {
  type CampaignMessage,
  MESSAGE_STATES,
  type MessageState,
  MessageStore,
  type StateCount,
} from '@cdp/core/campaign';
import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import { marks, type SqlDatabase } from './database.js';
import { MESSAGE_COLUMNS, type MessageRow, messageOf } from './sql-message-rows.js';

const ASKED_AT_ONCE = 2_000;

export class SqlMessageStore extends MessageStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async get(tenantId: string, id: string): Promise<CampaignMessage | undefined> {
    const row = await this.#db.selectOne<MessageRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM campaign_messages WHERE tenant_id = ? AND id = ?`,
      [tenantId, id],
    );
    return row && messageOf(row);
  }

  override async list(
    tenantId: string,
    campaignId: string,
    page: PageRequest & { state?: MessageState | undefined },
  ): Promise<Page<CampaignMessage>> {
    const after = page.cursor === undefined ? [] : decodeCursor(page.cursor, 1);
    // A page of each state, whose index is in the order of ids, costs less than to sort what a campaign sent to millions.
    const states = page.state === undefined ? MESSAGE_STATES : [page.state];
    const pages = states.map(
      () =>
        `SELECT * FROM (SELECT ${MESSAGE_COLUMNS} FROM campaign_messages WHERE tenant_id = ? AND campaign_id = ? AND state = ?
         ${after.length > 0 ? 'AND id > ?' : ''} ORDER BY id LIMIT ?) AS of_state`,
    );
    const rows = await this.#db.select<MessageRow>(`${pages.join(' UNION ALL ')} ORDER BY id LIMIT ?`, [
      ...states.flatMap((state) => [tenantId, campaignId, state, ...after, page.limit + 1]),
      page.limit + 1,
    ]);
    return toPage(rows.map(messageOf), page.limit, (one) => [one.id]);
  }

  override async ofProfile(tenantId: string, profileId: string, page: PageRequest): Promise<Page<CampaignMessage>> {
    const [at, id] = page.cursor === undefined ? [Number.MAX_SAFE_INTEGER, ''] : decodeCursor(page.cursor, 2);
    const rows = await this.#db.select<MessageRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM campaign_messages WHERE tenant_id = ? AND profile_id = ?
       AND (queued_at < ? OR (queued_at = ? AND id > ?)) ORDER BY queued_at DESC, id LIMIT ?`,
      [tenantId, profileId, at, at, id, page.limit + 1],
    );
    return toPage(rows.map(messageOf), page.limit, (one) => [one.queuedAt, one.id]);
  }

  override async counts(tenantId: string, campaignId: string, onePerPerson = false): Promise<StateCount[]> {
    const people = onePerPerson ? 'COUNT(*)' : 'COUNT(DISTINCT profile_id)';
    const rows = await this.#db.selectLate<{ state: MessageState; people: number; messages: number }>(
      `SELECT state, ${people} AS people, COUNT(*) AS messages FROM campaign_messages
       WHERE tenant_id = ? AND campaign_id = ? GROUP BY state`,
      [tenantId, campaignId],
    );
    if (!rows.some((row) => row.state === 'skipped')) return rows;
    // What stands after the colon is for people, and not counted by.
    const skipped = await this.#db.selectLate<{ why: string; people: number; messages: number }>(
      `SELECT CASE WHEN reason LIKE 'render_failed%' THEN 'render_failed'
                   WHEN reason LIKE 'no_consent%' THEN 'no_consent' ELSE reason END AS why,
              ${people} AS people, COUNT(*) AS messages FROM campaign_messages
       WHERE tenant_id = ? AND campaign_id = ? AND state = 'skipped' GROUP BY why`,
      [tenantId, campaignId],
    );
    return [
      ...rows.filter((row) => row.state !== 'skipped'),
      ...skipped.map(({ why, ...row }) => ({ state: 'skipped' as const, reason: why, ...row })),
    ];
  }

  override async total(tenantId: string, campaignId: string): Promise<number> {
    const row = await this.#db.selectOne<{ total: number }>(
      'SELECT COUNT(*) AS total FROM campaign_messages WHERE tenant_id = ? AND campaign_id = ?',
      [tenantId, campaignId],
    );
    return row?.total ?? 0;
  }

  override async recentOf(
    tenantId: string,
    profileIds: readonly string[],
    since: number,
  ): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (let from = 0; from < profileIds.length; from += ASKED_AT_ONCE) {
      const ids = profileIds.slice(from, from + ASKED_AT_ONCE);
      const rows = await this.#db.select<{ profile_id: string; messages: number }>(
        `SELECT profile_id, COUNT(*) AS messages FROM campaign_messages
         WHERE tenant_id = ? AND profile_id IN (${marks(ids)}) AND queued_at >= ?
           AND state NOT IN ('skipped', 'cancelled', 'failed') GROUP BY profile_id`,
        [tenantId, ...ids, since],
      );
      for (const row of rows) found.set(row.profile_id, row.messages);
    }
    return found;
  }

  override async hasLive(tenantId: string, campaignId: string): Promise<boolean> {
    const row = await this.#db.selectOne(
      `SELECT id FROM campaign_messages WHERE tenant_id = ? AND campaign_id = ?
       AND (state IN ('queued', 'held', 'sending') OR (state = 'unknown' AND due_at IS NOT NULL)) LIMIT 1`,
      [tenantId, campaignId],
    );
    return row !== undefined;
  }

  override async cancelWaiting(tenantId: string, campaignId: string, at: number, limit: number): Promise<number> {
    return this.#change(
      tenantId,
      campaignId,
      ['queued', 'held'],
      limit,
      "state = 'cancelled', due_at = NULL, content = NULL, updated_at = ?",
      [at],
    );
  }

  override async releaseHeld(tenantId: string, campaignId: string, at: number, limit: number): Promise<number> {
    return this.#change(tenantId, campaignId, ['held'], limit, "state = 'queued', due_at = ?, updated_at = ?", [
      at,
      at,
    ]);
  }

  override async sentTo(
    tenantId: string,
    profileIds: readonly string[],
    campaignIds: readonly string[],
  ): Promise<Map<string, CampaignMessage[]>> {
    const found = new Map<string, CampaignMessage[]>();
    for (let from = 0; from < profileIds.length; from += ASKED_AT_ONCE) {
      const ids = profileIds.slice(from, from + ASKED_AT_ONCE);
      const rows = await this.#db.select<MessageRow>(
        `SELECT ${MESSAGE_COLUMNS} FROM campaign_messages
         WHERE tenant_id = ? AND profile_id IN (${marks(ids)}) AND campaign_id IN (${marks(campaignIds)})
           AND sent_at IS NOT NULL`,
        [tenantId, ...ids, ...campaignIds],
      );
      for (const [id, group] of Map.groupBy(rows, (row) => row.profile_id)) found.set(id, group.map(messageOf));
    }
    return found;
  }

  override async addressesOf(tenantId: string, profileId: string): Promise<{ channel: string; address: string }[]> {
    return this.#db.select<{ channel: string; address: string }>(
      `SELECT DISTINCT channel, address FROM campaign_messages
       WHERE tenant_id = ? AND profile_id = ? AND address <> ''`,
      [tenantId, profileId],
    );
  }

  override async move(tenantId: string, from: string, into: string): Promise<void> {
    await this.#db.transaction(async () => {
      const rows = await this.#db.select<{ id: string }>(
        `SELECT l.id FROM campaign_messages l WHERE l.tenant_id = ? AND l.profile_id = ? AND NOT EXISTS (
           SELECT 1 FROM campaign_messages w WHERE w.tenant_id = l.tenant_id AND w.profile_id = ?
             AND w.run_id = l.run_id AND w.step = l.step AND w.channel = l.channel AND w.target = l.target)`,
        [tenantId, from, into],
      );
      const ids = rows.map((row) => row.id);
      for (let at = 0; at < ids.length; at += ASKED_AT_ONCE) {
        const some = ids.slice(at, at + ASKED_AT_ONCE);
        await this.#db.run(
          `UPDATE campaign_messages SET profile_id = ? WHERE tenant_id = ? AND id IN (${marks(some)})`,
          [into, tenantId, ...some],
        );
      }
    });
  }

  override async erase(tenantId: string, profileId: string): Promise<number> {
    const { changes } = await this.#db.run(
      `UPDATE campaign_messages SET address = '', content = NULL, provider_id = NULL, due_at = NULL,
         reason = CASE WHEN state = 'skipped' THEN reason ELSE NULL END,
         state = CASE WHEN state IN ('queued', 'held') THEN 'cancelled' ELSE state END
       WHERE tenant_id = ? AND profile_id = ?`,
      [tenantId, profileId],
    );
    return changes;
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await this.#db.deleteMany('campaign_messages', 'tenant_id = ?', [tenantId]);
  }

  async #change(
    tenantId: string,
    campaignId: string,
    states: readonly MessageState[],
    limit: number,
    set: string,
    values: readonly number[],
  ): Promise<number> {
    return this.#db.transaction(async () => {
      const rows = await this.#db.select<{ id: string }>(
        `SELECT id FROM campaign_messages WHERE tenant_id = ? AND campaign_id = ? AND state IN (${marks(states)})
         LIMIT ?${this.#db.dialect.forUpdate}`,
        [tenantId, campaignId, ...states, limit],
      );
      if (rows.length === 0) return 0;
      const ids = rows.map((row) => row.id);
      await this.#db.run(
        `UPDATE campaign_messages SET ${set} WHERE tenant_id = ? AND id IN (${marks(ids)}) AND state IN (${marks(states)})`,
        [...values, tenantId, ...ids, ...states],
      );
      return rows.length;
    });
  }
}
