import type { CampaignMessage } from '@cdp/core/campaign';
import {
  type DeliveryEvent,
  type LaneRef,
  type LeasedMessage,
  type LeaseRequest,
  OutboxStore,
  type ReportedChange,
  type Settlement,
} from '@cdp/core/delivery';
import type { Ids } from '@cdp/core/kernel';
import { marks, type SqlDatabase } from './database.js';
import type { SqlValue } from './sql-dialect.js';
import { MESSAGE_COLUMNS, type MessageRow, messageOf } from './sql-message-rows.js';

/** Takes back a settlement of which a part is another lease's. */
class NotAllOurs extends Error {}

const IDS_AT_ONCE = 1_000;
const LANES_AT_ONCE = 50;

interface LeasedRow extends Omit<MessageRow, 'state'> {
  state: LeasedMessage['was'];
  content: string;
}

const leasedOf = (row: LeasedRow): LeasedMessage => ({
  id: row.id,
  campaignId: row.campaign_id,
  runId: row.run_id,
  profileId: row.profile_id,
  channel: row.channel,
  topic: row.topic,
  address: row.address,
  attempts: row.attempts,
  queuedAt: row.queued_at,
  content: row.content,
  was: row.state,
});

export class SqlOutboxStore extends OutboxStore {
  readonly #db: SqlDatabase;
  readonly #ids: Ids;

  constructor(db: SqlDatabase, ids: Ids) {
    super();
    this.#db = db;
    this.#ids = ids;
  }

  override async lanes(_now: number, kinds: readonly string[]): Promise<LaneRef[]> {
    if (kinds.length === 0) return [];
    const rows = await this.#db.select<Omit<LaneRef, 'dueAt'> & { dueAt: number | null }>(
      `SELECT c.tenant_id AS tenantId, c.id AS channelId, c.channel AS kind,
         (SELECT MIN(m.due_at) FROM campaign_messages m
          WHERE m.tenant_id = c.tenant_id AND m.channel_id = c.id AND m.due_at > 0) AS dueAt
       FROM channels c WHERE c.state = 'enabled' AND c.channel IN (${marks(kinds)})`,
      kinds,
    );
    return rows.flatMap((row) => (row.dueAt === null ? [] : [{ ...row, dueAt: row.dueAt }]));
  }

  override async countDue(now: number, kinds: readonly string[], perLane: number): Promise<Map<string, number>> {
    const counts = new Map(kinds.map((kind) => [kind, 0]));
    const due = (await this.lanes(now, kinds)).filter(({ dueAt }) => dueAt <= now);
    for (let at = 0; at < due.length; at += LANES_AT_ONCE) {
      const some = due.slice(at, at + LANES_AT_ONCE);
      // A bound inside each count, which a join with the channels could not have.
      const rows = await this.#db.select<{ lane: number; messages: number }>(
        some
          .map(
            (_, lane) => `SELECT ${lane} AS lane, COUNT(*) AS messages FROM (
              SELECT 1 FROM campaign_messages WHERE tenant_id = ? AND channel_id = ? AND due_at > 0 AND due_at <= ?
              LIMIT ?) AS lane_${lane}`,
          )
          .join(' UNION ALL '),
        some.flatMap(({ tenantId, channelId }) => [tenantId, channelId, now, perLane]),
      );
      for (const { lane, messages } of rows) {
        const { kind } = some[lane] as LaneRef;
        counts.set(kind, (counts.get(kind) ?? 0) + messages);
      }
    }
    return counts;
  }

  override async nextDueAt(tenantId: string, channelId: string): Promise<number | undefined> {
    const row = await this.#db.selectOne<{ at: number | null }>(
      'SELECT MIN(due_at) AS at FROM campaign_messages WHERE tenant_id = ? AND channel_id = ? AND due_at > 0',
      [tenantId, channelId],
    );
    return row?.at ?? undefined;
  }

  override async lease(tenantId: string, channelId: string, request: LeaseRequest): Promise<LeasedMessage[]> {
    return this.#db.transaction(async () => {
      const rows = await this.#db.select<LeasedRow>(
        `SELECT id, campaign_id, run_id, profile_id, channel, topic, address, attempts, queued_at, content, state
         FROM campaign_messages WHERE tenant_id = ? AND channel_id = ? AND due_at > 0 AND due_at <= ?
         ORDER BY due_at LIMIT ?${this.#db.dialect.forUpdateSkipLocked}`,
        [tenantId, channelId, request.now, request.limit],
      );
      await this.#update(
        tenantId,
        rows.map((row) => row.id),
        'lease = ?, due_at = ?',
        [request.lease, request.until],
      );
      return rows.map(leasedOf);
    });
  }

  override async begin(tenantId: string, lease: string, ids: readonly string[], now: number): Promise<string[]> {
    return this.#db.transaction(async () => {
      // Without a time it has come to its end while it was leased: its campaign was cancelled, or its person erased.
      const ours = await this.#ours(tenantId, lease, ids, ' AND due_at IS NOT NULL');
      await this.#update(tenantId, ours, "state = 'sending', updated_at = ?", [now]);
      return ours;
    });
  }

  override async release(tenantId: string, lease: string, ids: readonly string[], now: number): Promise<void> {
    for (const some of slices(ids))
      await this.#db.run(
        `UPDATE campaign_messages SET lease = NULL, due_at = ?
         WHERE tenant_id = ? AND id IN (${marks(some)}) AND lease = ? AND due_at IS NOT NULL`,
        [now, tenantId, ...some, lease],
      );
  }

  override async settle(
    tenantId: string,
    lease: string,
    settlements: readonly Settlement[],
    now: number,
    options: { keepProviderIds?: boolean } = {},
  ): Promise<string[]> {
    try {
      await this.#settleAll(tenantId, lease, settlements, now, options);
      return settlements.map((one) => one.id);
    } catch (error) {
      if (!(error instanceof NotAllOurs)) throw error;
    }
    // Seldom: some are another lease's by now. Which ones is asked for only then.
    return this.#db.transaction(async () => {
      const ids = settlements.map((one) => one.id);
      const ours = new Set(await this.#ours(tenantId, lease, ids));
      const valid = settlements.filter((one) => ours.has(one.id));
      await this.#settleAll(tenantId, lease, valid, now, options);
      return [...ours];
    });
  }

  override async expireLeases(now: number): Promise<void> {
    // By the lanes' index: only what is leased, or to be tried again, is due later than now.
    for (const { tenantId, channelId } of await this.#channels())
      await this.#db.run(
        `UPDATE campaign_messages SET due_at = ?, lease = NULL
         WHERE tenant_id = ? AND channel_id = ? AND due_at > ? AND lease IS NOT NULL`,
        [now, tenantId, channelId, now],
      );
  }

  override async report(tenantId: string, changes: readonly ReportedChange[], now: number): Promise<void> {
    if (changes.length === 0) return;
    await this.#db.transaction(async () => {
      for (const [state, group] of Map.groupBy(changes, (one) => one.state)) {
        if (state === undefined) continue;
        // What was delivered may still bounce; what bounced was not delivered, whatever comes late.
        for (const one of group)
          await this.#db.run(
            `UPDATE campaign_messages SET state = ?, reason = ?, due_at = NULL, lease = NULL, content = NULL, updated_at = ?
             WHERE tenant_id = ? AND id = ? AND state IN ('sending', 'unknown', 'sent', 'delivered')`,
            [state, one.reason?.slice(0, 300), now, tenantId, one.messageId],
          );
      }
      await this.#keepEvents(
        tenantId,
        changes.map((one) => one.event),
      );
    });
  }

  override async find(
    tenantId: string,
    channelId: string,
    by: { ids: readonly string[]; providerIds: readonly string[] },
  ): Promise<CampaignMessage[]> {
    const ids = new Set(by.ids);
    for (const some of slices(by.providerIds)) {
      const rows = await this.#db.select<{ message_id: string }>(
        `SELECT message_id FROM message_provider_ids
         WHERE tenant_id = ? AND channel_id = ? AND provider_id IN (${marks(some)})`,
        [tenantId, channelId, ...some],
      );
      for (const row of rows) ids.add(row.message_id);
    }
    const found: CampaignMessage[] = [];
    for (const some of slices([...ids])) {
      const rows = await this.#db.select<MessageRow>(
        `SELECT ${MESSAGE_COLUMNS} FROM campaign_messages
         WHERE tenant_id = ? AND channel_id = ? AND id IN (${marks(some)})`,
        [tenantId, channelId, ...some],
      );
      found.push(...rows.map(messageOf));
    }
    return found;
  }

  override async unpublished(limit: number): Promise<{ id: string; events: DeliveryEvent[] }[]> {
    const rows = await this.#db.select<{ id: string; events: string }>(
      'SELECT id, events FROM delivery_event_batches ORDER BY id LIMIT ?',
      [limit],
    );
    return rows.map((row) => ({ id: row.id, events: JSON.parse(row.events) as DeliveryEvent[] }));
  }

  override async countUnpublished(): Promise<number> {
    const row = await this.#db.selectOne<{ batches: number }>('SELECT COUNT(*) AS batches FROM delivery_event_batches');
    return row?.batches ?? 0;
  }

  override async markPublished(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#db.run(`DELETE FROM delivery_event_batches WHERE id IN (${marks(ids)})`, ids);
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    for (const table of ['delivery_event_batches', 'message_provider_ids'])
      await this.#db.deleteMany(table, 'tenant_id = ?', [tenantId]);
  }

  #channels(): Promise<{ tenantId: string; channelId: string }[]> {
    return this.#db.select<{ tenantId: string; channelId: string }>(
      'SELECT tenant_id AS tenantId, id AS channelId FROM channels',
    );
  }

  async #settleAll(
    tenantId: string,
    lease: string,
    settlements: readonly Settlement[],
    now: number,
    options: { keepProviderIds?: boolean },
  ): Promise<void> {
    await this.#db.transaction(async () => {
      for (const group of Map.groupBy(settlements, groupKey).values()) await this.#write(tenantId, lease, group, now);
      await this.#keepEvents(
        tenantId,
        settlements.flatMap((one) => one.event ?? []),
      );
      if (options.keepProviderIds) await this.#keepProviderIds(tenantId, settlements);
    });
  }

  async #ours(tenantId: string, lease: string, ids: readonly string[], and = ''): Promise<string[]> {
    const ours: string[] = [];
    for (const some of slices(ids)) {
      const rows = await this.#db.select<{ id: string }>(
        `SELECT id FROM campaign_messages
         WHERE tenant_id = ? AND id IN (${marks(some)}) AND lease = ?${and}${this.#db.dialect.forUpdate}`,
        [tenantId, ...some, lease],
      );
      for (const row of rows) ours.push(row.id);
    }
    return ours;
  }

  async #update(tenantId: string, ids: readonly string[], set: string, values: readonly SqlValue[]): Promise<void> {
    for (const some of slices(ids))
      await this.#db.run(`UPDATE campaign_messages SET ${set} WHERE tenant_id = ? AND id IN (${marks(some)})`, [
        ...values,
        tenantId,
        ...some,
      ]);
  }

  /** Those that differ in nothing but id and provider's id, in one statement. */
  async #write(tenantId: string, lease: string, group: readonly Settlement[], now: number): Promise<void> {
    const { state, reason, dueAt, attempted } = group[0] as Settlement;
    const ended = dueAt === undefined && state !== 'held';
    const set = [
      'state = ?',
      'reason = ?',
      'due_at = ?',
      'lease = NULL',
      'updated_at = ?',
      ...(attempted ? ['attempts = attempts + 1'] : []),
      ...(ended ? ['content = NULL'] : []),
      ...(state === 'sent' ? ['sent_at = ?'] : []),
    ].join(', ');
    const values: SqlValue[] = [state, reason, dueAt, now, ...(state === 'sent' ? [now] : [])];
    for (const some of slicesOf(group)) {
      const named = some.filter((one) => one.providerId !== undefined);
      const cases = named.length > 0 ? `, provider_id = CASE id ${'WHEN ? THEN ? '.repeat(named.length)}END` : '';
      const ids = some.map((one) => one.id);
      const { changes } = await this.#db.run(
        `UPDATE campaign_messages SET ${set}${cases} WHERE tenant_id = ? AND id IN (${marks(ids)}) AND lease = ?`,
        [...values, ...named.flatMap((one) => [one.id, one.providerId?.slice(0, 255)]), tenantId, ...ids, lease],
      );
      if (changes !== ids.length) throw new NotAllOurs();
    }
  }

  async #keepEvents(tenantId: string, events: readonly DeliveryEvent[]): Promise<void> {
    if (events.length === 0) return;
    await this.#db.insertRows(
      'delivery_event_batches',
      ['id', 'tenant_id', 'events'],
      [[this.#ids.next(), tenantId, JSON.stringify(events)]],
    );
  }

  async #keepProviderIds(tenantId: string, settlements: readonly Settlement[]): Promise<void> {
    await this.#db.insertRows(
      'message_provider_ids',
      ['tenant_id', 'channel_id', 'provider_id', 'message_id'],
      settlements.flatMap((one) =>
        one.providerId === undefined || one.event === undefined
          ? []
          : [[tenantId, one.event.channelId, one.providerId.slice(0, 255), one.id]],
      ),
      { ignoreDuplicates: true },
    );
  }
}

const groupKey = (one: Settlement): string =>
  `${one.state}\0${one.dueAt ?? ''}\0${one.attempted}\0${one.providerId !== undefined}\0${one.reason ?? ''}`;

function slicesOf<T>(items: readonly T[]): (readonly T[])[] {
  const slices: (readonly T[])[] = [];
  for (let from = 0; from < items.length; from += IDS_AT_ONCE) slices.push(items.slice(from, from + IDS_AT_ONCE));
  return slices;
}

const slices = (ids: readonly string[]): (readonly string[])[] => slicesOf(ids);
