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
  LiveSegmentation,
  SegmentBuilder,
  SegmentCatalog,
  SegmentService,
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

/** The way of an event behind the door, from `cdp.ingestion.raw` to profiles and live segments. */
export class Pipeline {
  readonly profiles: ProfileService;
  readonly segments: SegmentService;
  readonly aggregates: AggregateService;
  readonly aggregateValues: AggregateValues;
  readonly catalog: SegmentCatalog;
  readonly #builder: SegmentBuilder;
  readonly #options: PipelineOptions;
  readonly #inbound: InboundProcessor;
  readonly #writer: ProfileWriter;
  readonly #projection: AudienceProjection;
  readonly #ticker: DueTicker;
  #consumers: Consumer[] = [];
  #profileConsumer: Consumer | undefined;
  #stopWatching: () => void = () => {};
  /** While no profile is being written: what is read and swapped is one state of the profiles. */
  readonly #quiet = new WhilePaused(() => this.#profileConsumer);

  constructor(options: PipelineOptions) {
    this.#options = options;
    const { stores, tenancy, clock, ids, logger } = options;
    const { profiles, identities, erasures, deduper, dueIndex, log, events, audience } = stores;
    const typesOf = (tenantId: string) => identifierTypes(tenancy.directory.settings(tenantId).identity);
    const resolver = new IdentityResolver(identities, ids, typesOf);
    this.#projection = new AudienceProjection(audience);
    this.#ticker = new DueTicker(dueIndex, log, clock, logger);
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
    const catalog = new SegmentCatalog({ ...definitions, timeZoneOf, logger });
    this.catalog = catalog;
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
      quiesce: (work) => this.#quiet.run(work),
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

  async start(): Promise<void> {
    const { stores, tenancy } = this.#options;
    const { log, rejected } = stores;
    await this.catalog.start();
    await this.aggregates.recover();
    await this.#inbound.recover(log);
    await this.profiles.recover();
    this.#profileConsumer = await log.consume({
      group: 'profile',
      topic: TOPICS.enriched,
      maxRecords: BATCH,
      // None yet: a crash came before the first documents were durable in the audience.
      resumeAt: async (partition) => (await this.#projection.projectedPosition(partition)) ?? 0,
      handler: (batch) => this.#writer.handle(batch),
    });
    this.#consumers = [
      await log.consume({
        group: 'inbound',
        topic: TOPICS.raw,
        maxRecords: BATCH,
        handler: (batch) => this.#inbound.handle(batch),
      }),
      this.#profileConsumer,
      await log.consume({
        group: 'segment',
        topic: TOPICS.segmentJobs,
        maxRecords: 100,
        handler: (batch) => this.#builder.handle(batch),
      }),
      await log.consume({ group: 'rejected', topic: TOPICS.rejected, handler: rejectedHandler(rejected) }),
    ];
    this.#ticker.start();
    this.#stopWatching = tenancy.directory.onSettings((tenantId, before, after) => {
      if (before.timezone !== after.timezone) this.#changeTimeZone(tenantId);
    });
    this.#tellLag();
  }

  async stop(): Promise<void> {
    this.#stopWatching();
    await this.#ticker.stop();
    for (const consumer of this.#consumers) await consumer.stop();
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
