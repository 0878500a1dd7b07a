import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  LevelDeduper,
  LmdbDueIndex,
  LmdbEventLog,
  LmdbProfileStore,
  LmdbState,
  MemoryRateLimiter,
  openDuckdb,
} from '@cdp/adapters/embedded';
import {
  migrate,
  openSqlite,
  SqlAggregateStore,
  SqlDefinitionChanges,
  SqlErasureLedger,
  SqlIdentityStore,
  SqlLeases,
  SqlSegmentStore,
} from '@cdp/adapters/sql';
import { IdentityResolver, identifierTypes } from '@cdp/core/identity';
import { InboundProcessor, NoGeoLocator } from '@cdp/core/inbound';
import { IngestService } from '@cdp/core/ingest';
import { ManualClock, SilentLogger, UuidIds } from '@cdp/core/kernel';
import { type Consumer, TOPICS, WhilePaused } from '@cdp/core/log';
import { type EventStore, ProfileService, type ProfileStore, ProfileWriter } from '@cdp/core/profile';
import {
  AggregateService,
  AggregateValues,
  type Audience,
  AudienceProjection,
  DueTicker,
  LiveSegmentation,
  PausedWriters,
  SegmentBuilder,
  SegmentCatalog,
  SegmentService,
} from '@cdp/core/segment';
import { DEFAULT_TENANT_SETTINGS } from '@cdp/core/tenancy';

export const T0 = Date.parse('2026-03-01T12:00:00Z');

/** The way of an event from the door to the profile, on the embedded stores, without HTTP. Closing keeps the data for `reopen`. */
export async function openPipeline(
  folder = mkdtempSync(join(tmpdir(), 'cdp-pipeline-')),
  clock = new ManualClock(T0),
  timeZone = 'UTC',
) {
  const logger = new SilentLogger();
  const ids = new UuidIds(clock);
  const db = openSqlite({ file: join(folder, 'cdp.db') });
  await migrate(db);
  const state = new LmdbState({ path: join(folder, 'state') });
  const log = new LmdbEventLog({ path: join(folder, 'log'), clock, logger, batchEveryMs: 0 });
  const duckdb = await openDuckdb({ path: join(folder, 'analytics.duckdb') });
  const profiles = new LmdbProfileStore(state);
  const deduper = await LevelDeduper.open({ path: join(folder, 'dedupe') });
  const identities = new SqlIdentityStore(db);
  const erasures = new SqlErasureLedger(db, clock);
  const typesOf = () => identifierTypes(DEFAULT_TENANT_SETTINGS.identity);
  const resolver = new IdentityResolver(identities, ids, typesOf);
  const inbound = new InboundProcessor({
    isKnown: () => true,
    dedupeOf: () => DEFAULT_TENANT_SETTINGS.dedupe,
    deduper,
    identities,
    resolver,
    geo: new NoGeoLocator(),
    clock,
    ids,
    typesOf,
  });
  const timeZoneOf = () => timeZone;
  const segmentStore = new SqlSegmentStore(db);
  const aggregateStore = new SqlAggregateStore(db);
  const definitions = { segments: segmentStore, aggregates: aggregateStore };
  const { audience } = duckdb;
  const dueIndex = new LmdbDueIndex(state);
  const changes = new SqlDefinitionChanges(db);
  const catalog = new SegmentCatalog({ ...definitions, changes, timeZoneOf, logger });
  const projection = new AudienceProjection(audience);
  const reaction = new LiveSegmentation({
    indexOf: (tenantId) => catalog.indexOf(tenantId),
    events: duckdb.events,
    audience,
    due: dueIndex,
    clock,
  });
  const ticker = new DueTicker({
    index: dueIndex,
    log,
    leases: new SqlLeases(db),
    processId: ids.next(),
    clock,
    logger,
  });
  /** A writer of profiles, as another process would have one, on the documents as it sees them. */
  const writerOn = (documents: ProfileStore) =>
    new ProfileWriter({
      isKnown: () => true,
      profiles: documents,
      events: duckdb.events as EventStore,
      projection,
      reaction,
      erasures,
      clock,
    });
  const writer = writerOn(profiles);
  const ingest = new IngestService(log, new MemoryRateLimiter({ state, clock }), clock, ids);
  const service = new ProfileService({
    profiles,
    events: duckdb.events as EventStore,
    identities,
    resolver,
    erasures,
    log,
    clock,
    ids,
    typesOf,
    logRetentionMs: 30 * 86_400_000,
  });
  const quiet = new WhilePaused(() => consumers[1]);
  const builder = new SegmentBuilder({
    store: segmentStore,
    aggregates: aggregateStore,
    catalog,
    audience,
    due: dueIndex,
    clock,
    ids,
    logger,
    timeZoneOf,
    writers: new PausedWriters(quiet),
  });
  const segments = new SegmentService({
    store: segmentStore,
    aggregates: aggregateStore,
    catalog,
    audience,
    profiles,
    events: duckdb.events,
    log,
    clock,
    ids,
    timeZoneOf,
    usersOf: async () => [],
  });
  const aggregates = new AggregateService({ ...definitions, catalog, log, clock, ids, timeZoneOf, perTenant: 10 });
  const aggregateValues = new AggregateValues({ catalog, events: duckdb.events, clock });
  await catalog.start();
  await aggregates.recover();
  await inbound.recover(log);
  const consumers: Consumer[] = [
    await log.consume({ group: 'inbound', topic: TOPICS.raw, handler: (batch) => inbound.handle(batch) }),
    await log.consume({
      group: 'profile',
      topic: TOPICS.enriched,
      resumeAt: (partition) => projection.projectedPosition(partition),
      handler: (batch) => writer.handle(batch),
    }),
    await log.consume({
      group: 'segment',
      topic: TOPICS.segmentJobs,
      maxRecords: 100,
      handler: (batch) => builder.handle(batch),
    }),
  ];
  /** Resolves when everything that was accepted has reached its profile, also by way of merges. */
  const settle = async () => {
    do for (const consumer of consumers) await consumer.drained();
    while (
      (await log.lag('inbound', TOPICS.raw)) +
        (await log.lag('profile', TOPICS.enriched)) +
        (await log.lag('segment', TOPICS.segmentJobs)) >
      0
    );
  };
  const close = async () => {
    await log.close();
    await duckdb.close();
    await deduper.close();
    await profiles.close();
    await state.close();
    await db.close();
  };
  return {
    folder,
    clock,
    log,
    ingest,
    inbound,
    writer,
    writerOn,
    profiles,
    identities,
    events: duckdb.events as EventStore,
    service,
    segments,
    aggregates,
    aggregateStore,
    aggregateValues,
    audience: audience as Audience,
    ticker,
    settle,
    close,
    reopen: async (zone = timeZone) => {
      await close();
      return openPipeline(folder, clock, zone);
    },
    destroy: async () => {
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Pipeline = Awaited<ReturnType<typeof openPipeline>>;
