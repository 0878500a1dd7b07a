import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  LmdbDeduper,
  LmdbEventLog,
  LmdbProfileStore,
  LmdbState,
  MemoryRateLimiter,
  openDuckdb,
} from '@cdp/adapters/embedded';
import { migrate, openSqlite, SqlErasureLedger, SqlIdentityStore } from '@cdp/adapters/sql';
import { IdentityResolver, identifierTypes } from '@cdp/core/identity';
import { InboundProcessor, NoGeoLocator } from '@cdp/core/inbound';
import { IngestService } from '@cdp/core/ingest';
import { ManualClock, SilentLogger, UuidIds } from '@cdp/core/kernel';
import { type Consumer, TOPICS } from '@cdp/core/log';
import {
  type EventStore,
  type MembershipChange,
  ProfileProjection,
  ProfileReaction,
  ProfileService,
  ProfileWriter,
} from '@cdp/core/profile';
import { DEFAULT_TENANT_SETTINGS } from '@cdp/core/tenancy';

class NoReaction extends ProfileReaction {
  override async react(): Promise<MembershipChange[]> {
    return [];
  }
}

class NoProjection extends ProfileProjection {
  override async project(): Promise<void> {}
  override reached(): void {}
  override async projectedPosition(): Promise<undefined> {
    return undefined;
  }
  override async erase(): Promise<void> {}
}

export const T0 = Date.parse('2026-03-01T12:00:00Z');

/** The way of an event from the door to the profile, on the embedded stores, without HTTP. Closing keeps the data for `reopen`. */
export async function openPipeline(folder = mkdtempSync(join(tmpdir(), 'cdp-pipeline-')), clock = new ManualClock(T0)) {
  const logger = new SilentLogger();
  const ids = new UuidIds(clock);
  const db = openSqlite({ file: join(folder, 'cdp.db') });
  await migrate(db);
  const state = new LmdbState({ path: join(folder, 'state') });
  const log = new LmdbEventLog({ path: join(folder, 'log'), clock, logger });
  const duckdb = await openDuckdb({ path: join(folder, 'analytics.duckdb') });
  const profiles = new LmdbProfileStore(state);
  const deduper = new LmdbDeduper(state, { windowMs: 86_400_000 });
  const identities = new SqlIdentityStore(db);
  const erasures = new SqlErasureLedger(db, clock);
  const typesOf = () => identifierTypes(DEFAULT_TENANT_SETTINGS.identity);
  const resolver = new IdentityResolver(identities, ids, typesOf);
  const inbound = new InboundProcessor({ deduper, identities, resolver, geo: new NoGeoLocator(), clock, ids, typesOf });
  const writer = new ProfileWriter({
    profiles,
    events: duckdb.events as EventStore,
    projection: new NoProjection(),
    reaction: new NoReaction(),
    erasures,
    clock,
  });
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
  await inbound.recover(log);
  const consumers: Consumer[] = [
    await log.consume({ group: 'inbound', topic: TOPICS.raw, handler: (batch) => inbound.handle(batch) }),
    await log.consume({ group: 'profile', topic: TOPICS.enriched, handler: (batch) => writer.handle(batch) }),
  ];
  /** Resolves when everything that was accepted has reached its profile, also by way of merges. */
  const settle = async () => {
    do for (const consumer of consumers) await consumer.drained();
    while ((await log.lag('inbound', TOPICS.raw)) + (await log.lag('profile', TOPICS.enriched)) > 0);
  };
  const close = async () => {
    await log.close();
    await duckdb.close();
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
    profiles,
    identities,
    events: duckdb.events as EventStore,
    service,
    settle,
    close,
    reopen: async () => {
      await close();
      return openPipeline(folder, clock);
    },
    destroy: async () => {
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Pipeline = Awaited<ReturnType<typeof openPipeline>>;
