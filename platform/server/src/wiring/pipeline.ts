import { IdentityResolver, identifierTypes } from '@cdp/core/identity';
import { InboundProcessor, NoGeoLocator } from '@cdp/core/inbound';
import { rejectedHandler } from '@cdp/core/ingest';
import type { Clock, Ids, Logger } from '@cdp/core/kernel';
import { type Consumer, TOPICS, WhilePaused } from '@cdp/core/log';
import { ProfileService, ProfileWriter } from '@cdp/core/profile';
import {
  AggregateService,
  AggregateValues,
  AudienceProjection,
  DueTicker,
  FollowedWriters,
  LiveSegmentation,
  PausedWriters,
  SegmentBuilder,
  SegmentCatalog,
  SegmentService,
  StalledBuilds,
  WriterSeat,
  type WritersTurn,
} from '@cdp/core/segment';
import type { Tenancy } from '@cdp/core/tenancy';
import type { Metrics } from '../operations/index.js';
import type { Stores } from './stores.js';

export interface PipelineOptions {
  stores: Stores;
  tenancy: Tenancy;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  metrics: Metrics;
  logRetentionMs: number;
  /** Names of campaigns that a segment is needed for. */
  segmentUsersOf: (tenantId: string, segmentId: string) => Promise<string[]>;
  aggregatesPerTenant: number;
}

/** Records a batch at the most: enough to make the work per batch small beside the work per event. */
const BATCH = 2_000;
/** The group that writes profiles. */
const WRITERS = 'profile';
/** How often a process that writes profiles tells of itself. */
const REPORT_MS = 500;
/** How often it is looked for what was left half done. */
const RECOVER_MS = 20_000;

/** The way of an event behind the door, from `cdp.ingestion.raw` to profiles and live segments. */
export class Pipeline {
  readonly profiles: ProfileService;
  readonly segments: SegmentService;
  readonly aggregates: AggregateService;
  readonly aggregateValues: AggregateValues;
  readonly catalog: SegmentCatalog;
  readonly #builder: SegmentBuilder;
  readonly #options: PipelineOptions;
  readonly #resolver: IdentityResolver;
  readonly #inbound: InboundProcessor;
  readonly #writer: ProfileWriter;
  readonly #projection: AudienceProjection;
  readonly #ticker: DueTicker;
  readonly #seat: WriterSeat;
  readonly #processId: string;
  readonly #consumers: Consumer[] = [];
  #profileConsumer: Consumer | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  #recovering: Promise<void> = Promise.resolve();
  #seated = false;
  #stopWatching: () => void = () => {};

  constructor(options: PipelineOptions) {
    this.#options = options;
    const { stores, tenancy, clock, ids, logger } = options;
    const { profiles, identities, erasures, deduper, dueIndex, log, events, audience } = stores;
    const typesOf = (tenantId: string) => identifierTypes(tenancy.directory.settings(tenantId).identity);
    const resolver = new IdentityResolver(identities, ids, typesOf);
    this.#resolver = resolver;
    this.#projection = new AudienceProjection(audience);
    this.#processId = ids.next();
    this.#ticker = new DueTicker({
      index: dueIndex,
      log,
      leases: stores.leases,
      processId: this.#processId,
      clock,
      logger,
    });
    // Another process may know a tenant before this one does: only what is not there after a fresh look is gone.
    const isKnown = async (tenantId: string): Promise<boolean> => {
      if (!tenancy.directory.tenant(tenantId)) await tenancy.directory.refresh();
      return tenancy.directory.tenant(tenantId) !== undefined;
    };
    this.#inbound = new InboundProcessor({
      isKnown,
      deduper,
      identities,
      resolver,
      geo: new NoGeoLocator(),
      clock,
      ids,
      typesOf,
      dedupeOf: (tenantId) => tenancy.directory.settings(tenantId).dedupe,
    });
    const timeZoneOf = (tenantId: string) => tenancy.directory.settings(tenantId).timezone;
    const definitions = { segments: stores.segments, aggregates: stores.aggregates };
    const catalog = new SegmentCatalog({ ...definitions, changes: stores.definitionChanges, timeZoneOf, logger });
    this.catalog = catalog;
    this.#seat = new WriterSeat({ processId: this.#processId, catalog, roll: stores.writerRoll, clock, logger });
    this.#builder = new SegmentBuilder({
      store: stores.segments,
      aggregates: stores.aggregates,
      catalog,
      audience,
      due: dueIndex,
      clock,
      ids,
      logger,
      timeZoneOf,
      writers: this.#writersTurn(),
    });
    this.segments = new SegmentService({
      store: stores.segments,
      aggregates: stores.aggregates,
      catalog,
      audience,
      profiles,
      events,
      log,
      clock,
      ids,
      timeZoneOf,
      usersOf: options.segmentUsersOf,
    });
    this.aggregates = new AggregateService({
      ...definitions,
      catalog,
      log,
      clock,
      ids,
      timeZoneOf,
      perTenant: options.aggregatesPerTenant,
    });
    this.aggregateValues = new AggregateValues({ catalog, events, clock });
    const reaction = new LiveSegmentation({
      indexOf: (tenantId) => catalog.indexOf(tenantId),
      events,
      audience,
      due: dueIndex,
      clock,
    });
    this.#writer = new ProfileWriter({
      isKnown,
      profiles,
      events,
      projection: this.#projection,
      reaction,
      erasures,
      clock,
    });
    this.profiles = new ProfileService({
      profiles,
      events,
      identities,
      resolver,
      erasures,
      log,
      clock,
      ids,
      typesOf,
      logRetentionMs: options.logRetentionMs,
    });
  }

  /** What every role needs: the definitions as they are, and as other processes change them. */
  async open(): Promise<void> {
    await this.catalog.start();
    if (!this.#options.stores.alone) this.catalog.follow(() => this.#followOthers());
    this.#tellLag();
  }

  /** Role `process`: what came in becomes events of profiles, and profiles of segments. */
  async startProcessing(): Promise<void> {
    const { stores } = this.#options;
    const { log, rejected } = stores;
    if (stores.alone) await this.#recover(0);
    else await this.#beOneOfMany();
    this.#profileConsumer = await log.consume({
      group: WRITERS,
      topic: TOPICS.enriched,
      maxRecords: BATCH,
      // None yet: a crash came before the first documents were durable in the audience.
      resumeAt: async (partition) => (await this.#projection.projectedPosition(partition)) ?? 0,
      handler: (batch) => this.#seat.during(() => this.#writer.handle(batch)),
    });
    this.#consumers.push(
      await log.consume({
        group: 'inbound',
        topic: TOPICS.raw,
        maxRecords: BATCH,
        handler: (batch) => this.#inbound.handle(batch),
      }),
      this.#profileConsumer,
      await log.consume({ group: 'rejected', topic: TOPICS.rejected, handler: rejectedHandler(rejected) }),
    );
  }

  /** Role `segment`: builds, and profiles whose instant has come. */
  async startBuilding(): Promise<void> {
    const { stores, tenancy } = this.#options;
    await this.aggregates.recover();
    this.#consumers.push(
      await stores.log.consume({
        group: 'segment',
        topic: TOPICS.segmentJobs,
        maxRecords: 100,
        handler: (batch) => this.#builder.handle(batch),
      }),
    );
    this.#ticker.start();
    const stalled = new StalledBuilds({ catalog: this.catalog, log: stores.log, clock: this.#options.clock });
    this.#everyAlone('stalled builds', () => stalled.ask());
    this.#stopWatching = tenancy.directory.onSettings((tenantId, before, after) => {
      if (before.timezone !== after.timezone) this.#changeTimeZone(tenantId);
    });
  }

  async stop(): Promise<void> {
    this.#stopWatching();
    await this.#ticker.stop();
    for (const consumer of this.#consumers) await consumer.stop();
    for (const timer of this.#timers) clearInterval(timer);
    await this.#recovering;
    await this.catalog.stop();
    if (this.#seated) await this.#seat.leave();
  }

  /** Goes on with what a process that died, or lost its partition, left between the stores and the log. */
  async #recover(olderThanMs: number): Promise<void> {
    await this.#inbound.recover(this.#options.stores.log, olderThanMs);
    await this.profiles.recover();
  }

  async #beOneOfMany(): Promise<void> {
    await this.#takeSeat();
    // What is younger is most likely under way.
    this.#everyAlone('recovery', () => this.#recover(RECOVER_MS));
  }

  /** Does the work now and again, in one process of all. */
  #everyAlone(name: string, work: () => Promise<unknown>): void {
    const { stores, clock, logger } = this.#options;
    const turn = async (): Promise<void> => {
      try {
        if (await stores.leases.take(name, this.#processId, clock.now(), RECOVER_MS)) await work();
      } catch (error) {
        logger.warn('what was left half done has to wait', { what: name, error: String(error) });
      }
    };
    const timer = setInterval(() => {
      this.#recovering = this.#recovering.then(turn);
    }, RECOVER_MS);
    this.#timers.push(timer.unref());
  }

  async #takeSeat(): Promise<void> {
    await this.#seat.take();
    // What was committed before this process could be seen is known here before the first batch.
    await this.catalog.refresh();
    const report = (): Promise<void> =>
      this.#seat.report().catch((error: unknown) => {
        this.#options.logger.warn('a writer of profiles could not report', { error: String(error) });
      });
    await report();
    this.#seated = true;
    this.#timers.push(setInterval(() => void report(), REPORT_MS).unref());
  }

  async #followOthers(): Promise<void> {
    await this.#resolver.follow();
    await this.#forgetDeleted();
  }

  async #forgetDeleted(): Promise<void> {
    const { directory } = this.#options.tenancy;
    const unknown = () => this.catalog.tenants().filter((tenantId) => !directory.tenant(tenantId));
    if (unknown().length === 0) return;
    // It may be so new that this process has yet to hear of it.
    await directory.refresh();
    for (const tenantId of unknown()) this.catalog.forgetTenant(tenantId);
  }

  #writersTurn(): WritersTurn {
    const { stores, clock } = this.#options;
    const { writtenBeyond, segments, definitionChanges: changes, writerRoll: roll, log } = stores;
    // Alone, all writers are here, and stand still meanwhile: what is read and swapped is one state of the profiles.
    if (!writtenBeyond) return new PausedWriters(new WhilePaused(() => this.#profileConsumer));
    return new FollowedWriters({
      segments,
      catalog: this.catalog,
      changes,
      roll,
      log,
      clock,
      group: WRITERS,
      writtenBeyond,
    });
  }

  /** Days of rules are days of another zone now: who is in what, and from when, is worked out anew. */
  #changeTimeZone(tenantId: string): void {
    const follow = async (): Promise<void> => {
      await this.aggregates.followTimeZone(tenantId);
      await this.segments.buildAll(tenantId);
    };
    follow().catch((error: unknown) => {
      this.#options.logger.error('segments and aggregates did not follow into another time zone', {
        tenantId,
        error: String(error),
      });
    });
  }

  #tellLag(): void {
    const { stores, metrics } = this.#options;
    const topics = {
      inbound: TOPICS.raw,
      profile: TOPICS.enriched,
      segment: TOPICS.segmentJobs,
      engagement: TOPICS.enriched,
      'delivery-events': TOPICS.delivery,
      rejected: TOPICS.rejected,
    };
    const help = 'Records that a consumer group has yet to handle.';
    metrics.gauge('cdp_consumer_lag_records', help, 'group', async () => {
      const groups = Object.entries(topics);
      return new Map(
        await Promise.all(groups.map(async ([group, topic]) => [group, await stores.log.lag(group, topic)] as const)),
      );
    });
  }
}
