import { ImportService, type IngestLimits, IngestService } from '@cdp/core/ingest';
import { type Clock, type Ids, type Logger, SystemClock, UuidIds } from '@cdp/core/kernel';
import type { Tenancy } from '@cdp/core/tenancy';
import { InboxFeed, InboxService, MessagesOfEvent, type Messaging } from '@cdp/core/tracking';
import { Access } from '@cdp/tenant-admin-api';
import type { Config } from '../config/index.js';
import { LiveTail } from '../http/admin/live-tail.js';
import type { LocalInboxes } from '../http/admin/local-inbox.js';
import { AppAuthenticator } from '../http/write-api/index.js';
import { type Check, Metrics } from '../operations/index.js';
import { checksOf } from './checks.js';
import { openMessaging, openMessagingStores } from './messaging.js';
import { openStores } from './open-stores.js';
import { OpenThings } from './open-things.js';
import { Pipeline } from './pipeline.js';
import { RequestSettings } from './request-settings.js';
import { Retention } from './retention.js';
import type { Stores } from './stores.js';
import { startTenancy } from './tenancy.js';
import { tenantErasers } from './tenant-erasers.js';

/** Everything the process is made of, built by hand in the order of the data. */
export interface Platform {
  config: Config;
  logger: Logger;
  clock: Clock;
  ids: Ids;
  metrics: Metrics;
  stores: Stores;
  tenancy: Tenancy;
  /** Lets requests of the admin API in. */
  access: Access;
  ingest: IngestService;
  imports: ImportService;
  retention: Retention;
  pipeline: Pipeline;
  messaging: Messaging;
  messagesOfEvent: MessagesOfEvent;
  localInboxes: LocalInboxes;
  inbox: InboxService;
  inboxFeed: InboxFeed;
  liveTail: LiveTail;
  authenticator: AppAuthenticator;
  checks: Check[];
  /** Where people and providers reach the platform; without a slash at the end. */
  publicUrl: string;
  /** Stops consumers and workers after what is under way, commits, and closes the stores. */
  close(): Promise<void>;
}

export interface PlatformOptions {
  config: Config;
  logger: Logger;
  clock?: Clock;
}

/** Events a second of an app that has no limit of its own: a bound against accidents, not a quota. */
const DEFAULT_EVENTS_PER_SECOND = 200_000;

/** Where a server on this address is reached from its own machine. */
export function urlOf(host: string, port: number): string {
  const named = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${named.includes(':') ? `[${named}]` : named}:${port}`;
}

export async function openPlatform({ config, logger, clock = new SystemClock() }: PlatformOptions): Promise<Platform> {
  const ids = new UuidIds(clock);
  const publicUrl = config.http.publicUrl ?? urlOf(config.http.host, config.http.port);
  const metrics = new Metrics(logger);
  const open = new OpenThings(logger);
  try {
    const stores = open.port('stores', await openStores(config, clock, logger));
    const { log, limiter, nonces } = stores;
    const messagingStores = openMessagingStores(stores, ids);
    // A deletion that a stop cut off goes on when tenancy starts, before there is a pipeline with anything in memory.
    let running: Pipeline | undefined;
    const erasers = tenantErasers(stores, messagingStores, (tenantId) => running?.catalog.forgetTenant(tenantId));
    const tenancy = await startTenancy({ stores, access: config.access, clock, ids, logger, erasers }, open);
    const limits: IngestLimits = {
      eventBytes: config.ingest.maxEventBytes,
      batchEvents: config.ingest.maxBatchEvents,
      eventsPerSecond: DEFAULT_EVENTS_PER_SECOND,
    };
    const ingest = new IngestService(log, limiter, clock, ids, limits);
    const imports = new ImportService({
      store: stores.imports,
      files: stores.files,
      ingest,
      leases: stores.leases,
      clock,
      ids,
      logger,
    });
    open.add('imports', () => imports.stop());
    const retention = new Retention(
      {
        'refused events': (limit) => stores.rejected.trim(clock.now() - config.retention.rejectedMs, limit),
        imports: (limit) => imports.trim(clock.now() - config.retention.importsMs, limit),
        'messages in inboxes': (limit) => messagingStores.inbox.trim(clock.now(), limit),
        logins: async () => {
          await tenancy.purge();
          return 0;
        },
      },
      logger,
    );
    open.add('retention', () => retention.stop());
    const pipeline = new Pipeline({
      stores,
      tenancy,
      clock,
      ids,
      logger,
      metrics,
      logRetentionMs: config.retention.logMs,
      segmentUsersOf: (tenantId, segmentId) => messagingStores.campaigns.using(tenantId, { segmentId }),
      aggregatesPerTenant: config.segments.aggregatesPerTenant,
    });
    running = pipeline;
    open.add('pipeline', () => pipeline.stop());
    await pipeline.open();
    const parts = {
      config,
      publicUrl,
      stores,
      messagingStores,
      tenancy,
      segments: pipeline.segments,
      aggregates: pipeline.aggregateValues,
      metrics,
      clock,
      ids,
      logger,
    };
    const { messaging, localInboxes } = await openMessaging(parts, open);
    const people = pipeline.profiles;
    const inbox = new InboxService({ inbox: messagingStores.inbox, people, limiter, log, clock, ids });
    const feedOptions = { perTenant: config.inbox.maxStreams };
    const inboxFeed = new InboxFeed({ inbox: messagingStores.inbox, people, clock, logger }, feedOptions);
    open.port('inbox feed', inboxFeed);
    metrics.gauge(
      'cdp_inbox_streams',
      'Streams of in-app inboxes that are open.',
      undefined,
      async () => inboxFeed.size,
    );
    const liveTail = open.port('live tail', new LiveTail(log, logger));
    return {
      config,
      logger,
      clock,
      ids,
      metrics,
      stores,
      tenancy,
      access: new Access(tenancy, new RequestSettings(publicUrl), clock),
      ingest,
      imports,
      retention,
      pipeline,
      messaging,
      messagesOfEvent: new MessagesOfEvent({ events: stores.events, messages: messagingStores.messages }),
      localInboxes,
      inbox,
      inboxFeed,
      liveTail,
      authenticator: new AppAuthenticator(tenancy.directory, nonces, clock),
      checks: checksOf(stores, tenancy, clock),
      publicUrl,
      close: () => open.close(),
    };
  } catch (error) {
    await open.close();
    throw error;
  }
}
