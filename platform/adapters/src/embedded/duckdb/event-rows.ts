import type { JsonObject } from '@cdp/core/kernel';
import type { StoredEvent } from '@cdp/core/profile';
import { BIGINT, INTEGER, UUID, VARCHAR } from '@duckdb/node-api';
import type { ColumnData, DuckdbSession } from './duckdb-session.js';
import type { TenantTables } from './tenant-tables.js';
import { textHash } from './text-hash.js';
import { uuidValue } from './uuid.js';
import { encodeValues } from './value-encoder.js';

/** Appends events to the tenant's table, in the transaction under way. */
export async function appendEvents(
  session: DuckdbSession,
  tables: TenantTables,
  events: readonly StoredEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const names = await namesOf(session, tables, events);
  const { paths, columns, more } = encodeValues(
    tables.properties,
    events.map(({ properties }) => properties),
  );
  if (paths !== tables.properties) {
    await paths.extendTable(session);
    session.afterCommit(() => {
      tables.properties = paths;
    });
  }
  const batch = BigInt(tables.nextBatch);
  const own: ColumnData[] = [
    { type: UUID, values: events.map(({ profileId }) => uuidValue(profileId)) },
    { type: INTEGER, values: names },
    { type: BIGINT, values: events.map(({ timestamp }) => BigInt(timestamp)) },
    { type: BIGINT, values: events.map(({ receivedAt }) => BigInt(receivedAt)) },
    { type: VARCHAR, values: events.map(({ type }) => type) },
    { type: INTEGER, values: events.map(({ messageId }) => textHash(messageId)) },
    { type: VARCHAR, values: events.map(({ messageId }) => messageId) },
    { type: VARCHAR, values: events.map(({ source }) => source) },
    { type: VARCHAR, values: events.map(({ properties }) => JSON.stringify(properties)) },
    { type: VARCHAR, values: events.map(({ context }) => JSON.stringify(context)) },
    { type: BIGINT, values: events.map(() => batch) },
    more,
  ];
  await session.append(tables.name, 'events', [...own, ...columns]);
  session.afterCommit(() => {
    tables.nextBatch++;
    tables.habits = { ...tables.habits, fresh: tables.habits.fresh + events.length };
  });
}

/** The number of each event's name; new names get the next ones. */
async function namesOf(
  session: DuckdbSession,
  tables: TenantTables,
  events: readonly StoredEvent[],
): Promise<number[]> {
  const fresh = new Map<string, number>();
  const numbers = events.map(({ name }) => {
    let no = tables.names.get(name) ?? fresh.get(name);
    if (no === undefined) {
      no = tables.nameOf.length;
      fresh.set(name, no);
      // At once: a reader may see the rows before this thread hears of the commit. After a roll-back the number stays unused.
      tables.nameOf[no] = name;
    }
    return no;
  });
  for (const [name, no] of fresh) await session.run(`INSERT INTO ${tables.schema}.names VALUES ($1, $2)`, [no, name]);
  session.afterCommit(() => {
    for (const [name, no] of fresh) tables.names.set(name, no);
  });
  return numbers;
}

/** Columns of `events` that a stored event is read back from. */
export const EVENT_COLUMNS =
  'e.profile, e.name, e.ts, e.received_at, e.type, e.message_id, e.source, e.properties, e.context';

export interface EventRow {
  profile: string;
  name: number;
  ts: number;
  received_at: number;
  type: StoredEvent['type'];
  message_id: string;
  source: string;
  properties: string;
  context: string;
}

export const storedEvent = (row: EventRow, tables: TenantTables, profileId = row.profile): StoredEvent => ({
  profileId,
  messageId: row.message_id,
  type: row.type,
  name: tables.nameOf[row.name] as string,
  timestamp: row.ts,
  receivedAt: row.received_at,
  source: row.source,
  properties: JSON.parse(row.properties) as JsonObject,
  context: JSON.parse(row.context) as JsonObject,
});
