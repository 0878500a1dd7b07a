import { ManualClock, SilentLogger, UuidIds } from '@cdp/core/kernel';
import type { EventLog } from '@cdp/core/log';
import { AggregateService, type Segment, SegmentCatalog, WriterSeat } from '@cdp/core/segment';
import { describe, expect, it } from '@jest/globals';
import type { SqlDatabase } from './database.js';
import { SqlAggregateStore } from './sql-aggregate-store.js';
import { SqlDefinitionChanges } from './sql-definition-changes.js';
import { SqlSegmentStore } from './sql-segment-store.js';
import { SqlWriterRoll } from './sql-writer-roll.js';
import { openTestDatabase, testHome } from './testing/index.js';

const live = (id: string, since: number): Segment => ({
  id,
  tenantId: 't',
  name: id,
  rule: { trait: 'plan', op: 'eq', value: 'pro' },
  version: 1,
  state: 'ready',
  live: { version: 1, rule: { trait: 'plan', op: 'eq', value: 'pro' }, since },
  builtSize: 0,
  builtAt: since,
  problem: null,
  createdAt: 0,
  updatedAt: 0,
});

/** What one process has of the definitions. */
function processOn(db: SqlDatabase) {
  const segments = new SqlSegmentStore(db);
  const aggregates = new SqlAggregateStore(db);
  const changes = new SqlDefinitionChanges(db);
  const logger = new SilentLogger();
  const clock = new ManualClock(1_000);
  const ids = new UuidIds(clock);
  const timeZoneOf = () => 'UTC';
  const catalog = new SegmentCatalog({ segments, aggregates, changes, timeZoneOf, logger });
  const log = { append: async () => undefined } as unknown as EventLog;
  const service = new AggregateService({ segments, aggregates, catalog, log, clock, ids, timeZoneOf, perTenant: 10 });
  return { segments, changes, catalog, service, clock, logger };
}

describe(`the definitions of two processes on ${testHome().name}`, () => {
  it('are the same once each has looked', async () => {
    await using db = await openTestDatabase();
    const [one, other] = [processOn(db), processOn(db)];
    await one.catalog.start();
    await other.catalog.start();
    await one.segments.insert('t', live('a', 10));
    const { definition } = await one.service.create('t', { name: 'orders', event: 'Ordered', measure: 'count' });
    expect(other.catalog.indexOf('t')).toBeUndefined();
    await other.catalog.refresh();
    expect(
      other.catalog
        .indexOf('t')
        ?.segments()
        .map(({ id }) => id),
    ).toEqual(['a']);
    expect(other.catalog.aggregatesOf('t').map(({ name }) => name)).toEqual([definition.name]);
    expect(other.catalog.position).toBe(await other.changes.last());
    await one.segments.delete('t', 'a');
    await other.catalog.refresh();
    expect(other.catalog.indexOf('t')?.segments()).toEqual([]);
  });

  it('leave out a segment that is frozen, until it is live again', async () => {
    await using db = await openTestDatabase();
    const { segments, catalog } = processOn(db);
    await segments.insert('t', live('a', 10));
    await catalog.start();
    const standing = live('a', 10);
    const frozen = { version: 1, rule: standing.rule, since: 10, frozen: true } as const;
    await segments.settle('t', 'a', 1, { ...standing, live: frozen });
    await catalog.refresh();
    expect(catalog.indexOf('t')).toBeUndefined();
    await segments.settle('t', 'a', 1, { ...standing, live: { ...standing.live, since: 20 } as Segment['live'] });
    await catalog.refresh();
    expect(
      catalog
        .indexOf('t')
        ?.segments()
        .map(({ liveSince }) => liveSince),
    ).toEqual([20]);
  });

  it('give what goes live in either an instant of its own, in the order in which it can be seen', async () => {
    await using db = await openTestDatabase();
    const [one, other] = [processOn(db), processOn(db)];
    const made = await Promise.all(
      [one, other, one, other].map(({ service }, at) =>
        service.create('t', { name: `figure_${at}`, event: 'Ordered', measure: 'count' }),
      ),
    );
    expect(new Set(made.map(({ since }) => since)).size).toBe(4);
  });

  it('are told to be followed only up to where the oldest batch under way began', async () => {
    await using db = await openTestDatabase();
    const { segments, changes, catalog, clock, logger } = processOn(db);
    await catalog.start();
    const roll = new SqlWriterRoll(db);
    const seat = new WriterSeat({ processId: 'p', catalog, roll, clock, logger });
    await seat.take();
    const ended = Promise.withResolvers<void>();
    const batch = seat.during(() => ended.promise);
    await segments.insert('t', live('a', 10));
    const position = await changes.last();
    await catalog.refresh();
    await seat.report();
    expect(await roll.behind(position, 0)).toBe(1);
    ended.resolve();
    await batch;
    await seat.report();
    expect(await roll.behind(position, 0)).toBe(0);
  });
});
