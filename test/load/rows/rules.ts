import { join } from 'node:path';
import { type DuckdbStores, openDuckdb } from '@cdp/adapters/embedded';
import type { ProfileDocument } from '@cdp/core/profile';
import type { Rule } from '@cdp/core/segment';
import { alternate, assertCounted, type Line, type Row, timeLine } from '../harness/row.js';
import { inFolder } from '../harness/temporary-folder.js';

const TENANT = 'load';
const NOW = Date.parse('2026-03-01T12:00:00Z');
const DAY_MS = 86_400_000;
const CONTEXT = { segments: new Map(), aggregates: new Map(), now: NOW, timeZone: 'UTC' };
const EVENTS_PER_PROFILE = 2.5;
const ID = "md5('person' || i)::UUID";

const FIVE: Rule = {
  all: [
    { trait: 'plan', op: 'eq', value: 'pro' },
    { trait: 'age', op: 'gte', value: 30 },
    { trait: 'country', op: 'eq', value: 'DE' },
    { trait: 'vip', op: 'eq', value: true },
    { trait: 'spent', op: 'gt', value: 100 },
  ],
};
const TWICE: Rule = { event: 'Order Completed', count: { op: 'gte', value: 2 }, within: { last: '30d' } };
const olderThan = (age: number): Rule => ({ trait: 'age', op: 'gte', value: age });

/** Rules over many profiles, against DuckDB's own SQL over the same columns. The rows are made by SQL, too. */
export const rules: Row = {
  name: 'rules',
  run: ({ rounds, profiles }) =>
    inFolder(async (dir) => {
      const stores = await openDuckdb({ path: join(dir, 'analytics.duckdb'), memoryLimit: '4GB' });
      try {
        const { schema, column } = await fill(stores, profiles);
        const table = `${schema}.profiles`;
        const ask = async (sql: string): Promise<number> =>
          Number((await stores.database.read((session) => session.first<{ n: number }>(sql)))?.n);
        const five = `SELECT count(*) AS n FROM ${table} WHERE active AND ${column('plan', 't')} = 'pro'
          AND ${column('age', 'n')} >= 30 AND ${column('country', 't')} = 'DE' AND ${column('vip', 'b')}
          AND ${column('spent', 'n')} > 100`;
        const twice = `SELECT count(*) AS n FROM (SELECT profile FROM ${schema}.events
          WHERE name = 0 AND ts > ${NOW - 30 * DAY_MS} GROUP BY profile HAVING count(*) >= 2)`;
        const lines: Line[] = [];
        const people = `${profiles.toLocaleString('en')} profiles`;
        for (const [what, rule, sql, floor, aim] of [
          [`rule count, five conditions, ${people}`, FIVE, five, 5, 1.3],
          [
            `"at least twice in 30 days", ${(profiles * EVENTS_PER_PROFILE).toLocaleString('en')} events`,
            TWICE,
            twice,
            1,
            0.1,
          ],
        ] as const) {
          const wanted = await ask(sql);
          const times = await alternate(
            rounds,
            () =>
              timed(async () =>
                assertCounted(what, (await stores.audience.count(TENANT, rule, CONTEXT, 0)).count, wanted),
              ),
            () => timed(async () => assertCounted(what, await ask(sql), wanted)),
          );
          lines.push(timeLine({ what, unit: 'ms', floor, aim }, times));
        }
        lines.splice(1, 0, await buildLine(stores, rounds, table, column('age', 'n')));
        return lines;
      } finally {
        await stores.close();
      }
    }),
};

async function buildLine(
  { audience, database }: DuckdbStores,
  rounds: number,
  table: string,
  age: string,
): Promise<Line> {
  let version = 0;
  let size = 0;
  const times = await alternate(
    rounds,
    // Two ages in turn, so that each build has people who come or go.
    () =>
      timed(async () => {
        const rule = olderThan(50 + (version++ % 2));
        const result = await audience.build(TENANT, { ...CONTEXT, segmentId: 'load', version, rule, at: CONTEXT.now });
        if (version > 1 && result.entered + result.exited === 0) throw new Error('The build had no difference.');
        size = result.size;
      }),
    () =>
      timed(() =>
        database.write(async (session) => {
          await session.run(`CREATE OR REPLACE TABLE main.reference AS
            SELECT id AS profile, ${NOW}::BIGINT AS since FROM ${table} WHERE active AND ${age} >= 50`);
        }),
      ),
  );
  assertCounted('build', await audience.size(TENANT, 'load'), size);
  const what = `build of ${Math.round(size / 1_000).toLocaleString('en')},000 members with its diff`;
  return timeLine({ what, unit: 'ms', floor: 4, aim: 1.5 }, times);
}

/** Brings one profile and one event in by the front door, so that the columns are there, and multiplies them by SQL. */
async function fill(stores: DuckdbStores, profiles: number) {
  const id = '00000000-0000-7000-8000-000000000000';
  await stores.audience.project(TENANT, [documentOf(id)]);
  await stores.audience.refresh(TENANT);
  const event = { messageId: 'first', type: 'track' as const, name: 'Order Completed', timestamp: 0, receivedAt: 0 };
  const more = { profileId: id, properties: { price: 1 }, context: {}, source: 'load' };
  await stores.events.append(new Map([[TENANT, [{ ...event, ...more }]]]), { partition: 0, next: 1 });
  const names = await stores.database.read((session) =>
    session.rows<{ name: string }>(
      "SELECT schema_name AS name FROM duckdb_schemas() WHERE schema_name LIKE 't\\_%' ESCAPE '\\'",
    ),
  );
  const schema = `"${names[0]?.name}"`;
  const paths = await stores.database.read((session) =>
    session.rows<{ no: number; path: string; mark: string }>(
      `SELECT no, path, mark FROM ${schema}.paths WHERE subject = 'profiles'`,
    ),
  );
  const column = (trait: string, kind: string): string => {
    const found = paths.find(({ path, mark }) => path.includes(trait) && mark === kind);
    if (!found) throw new Error(`There is no column for ${trait}.`);
    return `${kind}${found.no}`;
  };
  const traits = {
    [column('plan', 't')]: "['free', 'pro', 'team'][1 + (hash(i) % 3)::INTEGER]",
    [column('age', 'n')]: '(hash(i + 1) % 100)::DOUBLE',
    [column('country', 't')]: "['DE', 'FR', 'US', 'JP'][1 + (hash(i + 2) % 4)::INTEGER]",
    [column('vip', 'b')]: 'hash(i + 3) % 5 = 0',
    [column('spent', 'n')]: '(hash(i + 4) % 1000)::DOUBLE',
  };
  await stores.database.write(async (session) => {
    await session.run(`INSERT INTO ${schema}.profiles (id, version, active, platforms, search, ${Object.keys(traits).join(', ')})
      SELECT ${ID}, 1, true, 0, 'person', ${Object.values(traits).join(', ')} FROM range(${profiles}) r(i)`);
    await session.run(`INSERT INTO ${schema}.events (profile, name, ts, received_at, type, hash, message_id, source, properties, context, batch)
      SELECT md5('person' || (hash(j) % ${profiles}))::UUID, 0, ${NOW} - 1 - (hash(j + 1) % ${60 * DAY_MS})::BIGINT, ${NOW},
        'track', 0, 'm' || j, 'load', '{}', '{}', 0 FROM range(${profiles * EVENTS_PER_PROFILE}) r(j)`);
  });
  await stores.events.keepHabits(TENANT);
  await stores.database.checkpoint();
  return { schema, column };
}

const documentOf = (id: string): ProfileDocument => ({
  tenantId: TENANT,
  id,
  version: 1,
  state: 'active',
  identifiers: [],
  traits: Object.fromEntries(
    Object.entries({ plan: 'none', age: -1, country: 'none', vip: false, spent: -1 }).map(([name, value]) => [
      name,
      { value, at: 0 },
    ]),
  ),
  devices: [],
  consents: [],
  firstSeenAt: 0,
  lastSeenAt: 0,
  aggregates: {},
  memberships: {},
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
