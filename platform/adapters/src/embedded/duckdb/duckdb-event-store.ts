import { decodeCursor, type Page, toPage } from '@cdp/core/kernel';
import {
  type AppliedPosition,
  EventStore,
  type HistoryQuery,
  type StoredEvent,
  type TimelineQuery,
} from '@cdp/core/profile';
import { listValue } from '@duckdb/node-api';
import type { DuckdbPositions } from './duckdb-positions.js';
import type { DuckdbTenants } from './duckdb-tenants.js';
import { appendEvents, EVENT_COLUMNS, type EventRow, storedEvent } from './event-rows.js';
import { HabitKeeper, type HabitKeeperOptions } from './habit-keeper.js';
import { eraseLineage, moveLineage, restoreLineage } from './lineage.js';
import type { TenantTables } from './tenant-tables.js';
import { textHash } from './text-hash.js';
import { isUuid, uuidValue } from './uuid.js';

const PROJECTION = 'events';

/** Events in one wide table a tenant: their own columns, the JSON they came with, and typed columns of their properties. */
export class DuckdbEventStore extends EventStore {
  readonly #tenants: DuckdbTenants;
  readonly #positions: DuckdbPositions;
  readonly #habits: HabitKeeper;

  constructor(tenants: DuckdbTenants, positions: DuckdbPositions, options: HabitKeeperOptions = {}) {
    super();
    this.#tenants = tenants;
    this.#positions = positions;
    this.#habits = new HabitKeeper(tenants, options);
  }

  override async append(
    events: ReadonlyMap<string, readonly StoredEvent[]>,
    { partition, next }: AppliedPosition,
  ): Promise<void> {
    const stands = () => (this.#positions.of(PROJECTION, partition) ?? 0) >= next;
    if (stands()) return;
    const batches = await Promise.all(
      [...events].map(async ([tenantId, batch]) => ({ tables: await this.#tenants.ensure(tenantId), batch })),
    );
    await this.#tenants.database.write(async (session) => {
      if (stands()) return;
      for (const { tables, batch } of batches) {
        await appendEvents(session, tables, batch);
      }
      this.#positions.advance(session, PROJECTION, partition, next);
    });
    for (const { tables } of batches) this.#habits.consider(tables);
  }

  override async appliedPosition(partition: number): Promise<number | undefined> {
    return this.#positions.of(PROJECTION, partition);
  }

  override async refresh(): Promise<void> {}

  /**
   * Counts a tenant's habits anew, over all events so far, and resolves when questions are answered by them. It happens
   * by itself as events come; after a large import it need not be waited for.
   */
  async keepHabits(tenantId: string): Promise<void> {
    const tables = await this.#tenants.find(tenantId);
    if (tables) await this.#habits.keep(tables);
  }

  override async timeline(tenantId: string, profileId: string, query: TimelineQuery): Promise<Page<StoredEvent>> {
    const tables = await this.#tenants.find(tenantId);
    const name = query.name === undefined ? undefined : tables?.names.get(query.name);
    if (tables === undefined || !isUuid(profileId) || (query.name !== undefined && name === undefined))
      return { items: [], nextCursor: null };
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, 2);
    const owners = await this.#owners(tables, profileId);
    if (owners.length === 0) return { items: [], nextCursor: null };
    const conditions = [`e.profile IN (${owners.map((_owner, index) => `$owner${index}`).join(', ')})`];
    if (name !== undefined) conditions.push('e.name = $name');
    if (query.from !== undefined) conditions.push('e.ts >= $from');
    if (query.to !== undefined) conditions.push('e.ts < $to');
    if (after !== undefined) conditions.push('(e.ts < $ts OR e.ts = $ts AND e.message_id < $id)');
    const rows = await this.#tenants.database.read((session) =>
      session.rows<EventRow>(
        `SELECT ${EVENT_COLUMNS} FROM ${tables.schema}.events e WHERE ${conditions.join(' AND ')}
         ORDER BY e.ts DESC, e.message_id DESC LIMIT ${query.limit + 1}`,
        {
          ...Object.fromEntries(owners.map((owner, index) => [`owner${index}`, uuidValue(owner)])),
          ...(name === undefined ? {} : { name }),
          ...(query.from === undefined ? {} : { from: BigInt(query.from) }),
          ...(query.to === undefined ? {} : { to: BigInt(query.to) }),
          ...(after === undefined ? {} : { ts: BigInt(after[0] as number), id: String(after[1]) }),
        },
      ),
    );
    const found = rows.map((row) => storedEvent(row, tables, profileId));
    return toPage(found, query.limit, (event) => [event.timestamp, event.messageId]);
  }

  override async find(tenantId: string, messageId: string): Promise<StoredEvent | undefined> {
    const tables = await this.#tenants.find(tenantId);
    if (tables === undefined) return undefined;
    const row = await this.#tenants.database.read((session) =>
      session.first<EventRow & { root: string | null }>(
        `SELECT ${EVENT_COLUMNS}, l.root FROM ${tables.schema}.events e
         LEFT JOIN ${tables.schema}.lineage l ON l.origin = e.profile
         WHERE e.hash = $1 AND e.message_id = $2 LIMIT 1`,
        [textHash(messageId), messageId],
      ),
    );
    return row && storedEvent(row, tables, row.root ?? row.profile);
  }

  override async history(tenantId: string, queries: readonly HistoryQuery[]): Promise<Map<string, StoredEvent[]>> {
    const tables = await this.#tenants.find(tenantId);
    const histories = new Map<string, StoredEvent[]>();
    if (tables === undefined) return histories;
    const asked = queries.flatMap(({ profileId, eventNames, since }) =>
      isUuid(profileId)
        ? eventNames.flatMap((eventName) => {
            const name = tables.names.get(eventName);
            return name === undefined ? [] : [{ profileId, name, since }];
          })
        : [],
    );
    if (asked.length === 0) return histories;
    const rows = await this.#tenants.database.read((session) =>
      session.rows<EventRow & { owner: string }>(
        `WITH asked AS (
           SELECT unnest($profiles)::UUID AS profile, unnest($names)::INTEGER AS name, unnest($sinces)::BIGINT AS since),
         wanted AS (
           SELECT a.profile AS owner, a.profile, a.name, min(a.since) AS since FROM asked a
           WHERE a.profile NOT IN (SELECT origin FROM ${tables.schema}.lineage) GROUP BY ALL
           UNION ALL
           SELECT a.profile AS owner, l.origin, a.name, min(a.since) FROM asked a
           JOIN ${tables.schema}.lineage l ON l.root = a.profile GROUP BY ALL)
         SELECT ${EVENT_COLUMNS}, w.owner FROM ${tables.schema}.events e
         JOIN wanted w ON w.profile = e.profile AND w.name = e.name AND e.ts >= w.since
         ORDER BY e.ts, e.rowid`,
        {
          profiles: listValue(asked.map(({ profileId }) => profileId)),
          names: listValue(asked.map(({ name }) => name)),
          sinces: listValue(asked.map(({ since }) => BigInt(Math.max(since, Number.MIN_SAFE_INTEGER)))),
        },
      ),
    );
    for (const row of rows) {
      const events = histories.get(row.owner);
      const event = storedEvent(row, tables, row.owner);
      if (events) events.push(event);
      else histories.set(row.owner, [event]);
    }
    return histories;
  }

  override async countByName(
    tenantId: string,
    limit: number,
  ): Promise<{ name: string; count: number; lastSeenAt: number }[]> {
    const tables = await this.#tenants.find(tenantId);
    if (tables === undefined) return [];
    const rows = await this.#tenants.database.read((session) =>
      session.rows<{ name: number; count: number; last: number }>(
        `SELECT name, count(*) AS count, max(ts) AS last FROM ${tables.schema}.events GROUP BY name
         ORDER BY count DESC, name LIMIT ${limit}`,
      ),
    );
    return rows.map(({ name, count, last }) => ({ name: tables.nameOf[name] as string, count, lastSeenAt: last }));
  }

  override async moveHistory(tenantId: string, from: string, to: string): Promise<void> {
    const tables = await this.#tenants.ensure(tenantId);
    await this.#tenants.database.write((session) => moveLineage(session, tables, uuidValue(from), uuidValue(to)));
  }

  override async restoreHistory(tenantId: string, from: string): Promise<void> {
    const tables = await this.#tenants.ensure(tenantId);
    await this.#tenants.database.write((session) => restoreLineage(session, tables, uuidValue(from)));
  }

  override async erase(tenantId: string, profileId: string): Promise<number> {
    const tables = await this.#tenants.find(tenantId);
    if (tables === undefined || !isUuid(profileId)) return 0;
    return this.#tenants.database.write(async (session) => {
      const erase = (table: string): Promise<number> =>
        session.run(
          `DELETE FROM ${tables.schema}.${table}
           WHERE profile = $1 OR profile IN (SELECT origin FROM ${tables.schema}.lineage WHERE root = $1)`,
          [uuidValue(profileId)],
        );
      const { no } = tables.habits;
      // The table before it is kept for readers that are still at it.
      for (const kept of [no, no - 1]) if (kept >= 0) await erase(`h${kept}`);
      const erased = await erase('events');
      tables.erasures++;
      await eraseLineage(session, tables, uuidValue(profileId));
      return erased;
    });
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await this.#tenants.drop(tenantId);
  }

  override async close(): Promise<void> {
    await this.#tenants.database.close();
  }

  /** Under which ids the history of a profile stands: none when it counts for another. */
  async #owners({ schema, merged }: TenantTables, profileId: string): Promise<string[]> {
    if (!merged) return [profileId];
    const rows = await this.#tenants.database.read((session) =>
      session.rows<{ origin: string }>(`SELECT origin FROM ${schema}.lineage WHERE root = $1 OR origin = $1`, [
        uuidValue(profileId),
      ]),
    );
    const origins = rows.map(({ origin }) => origin);
    return origins.includes(profileId) ? [] : [profileId, ...origins];
  }
}
