import { ElasticEventStore, ElasticProfileStore, openElastic } from '@cdp/adapters/elasticsearch';
import { ElasticAudience } from '@cdp/adapters/elasticsearch/audience';
import { DiskFileStore } from '@cdp/adapters/embedded';
import { openKafkaLog } from '@cdp/adapters/kafka';
import {
  BullWorkQueue,
  openRedis,
  RedisCache,
  RedisDeduper,
  RedisNonceStore,
  RedisRateLimiter,
} from '@cdp/adapters/redis';
import { openMysql, pendingMigrations, SqlDueIndex, SqlSegmentMembers } from '@cdp/adapters/sql';
import { CdpError, type Clock, type Logger, UuidIds } from '@cdp/core/kernel';
import { TOPICS } from '@cdp/core/log';
import type { Config, EnginesConfig } from '../config/index.js';
import { openSharedFolder } from './data-folder.js';
import { OpenThings } from './open-things.js';
import { relationalStores } from './relational-stores.js';
import { answering, freeDisk, type Stores } from './stores.js';

/** Kafka, Elasticsearch, MySQL and Redis: for any number of processes. What they need was made by `cdp migrate`. */
export async function openEngineStores(
  config: Config,
  engines: EnginesConfig,
  clock: Clock,
  logger: Logger,
): Promise<Stores> {
  const open = new OpenThings(logger);
  try {
    const folder = openSharedFolder(config.data);
    const db = openMysql(engines.mysql);
    open.add('sql', () => db.close());
    const pending = await pendingMigrations(db);
    if (pending.length > 0)
      throw new CdpError('conflict', `The database lacks ${pending.join(', ')}. Run cdp migrate first.`);
    const redis = await openRedis({ url: engines.redis.url, logger, prefix: `${engines.prefix}cdp:` });
    open.add('redis', () => redis.close());
    const log = await openKafkaLog({
      ...kafkaConnection(engines),
      prefix: engines.prefix,
      clock,
      logger,
      maxPendingBytes: config.ingest.maxPendingBytes,
    });
    open.add('log', () => log.close());
    const elastic = openElastic(elasticOptions(engines));
    open.add('search', () => elastic.close());
    const partitionOf = (profileId: string): number => log.partitionOf(TOPICS.enriched, profileId);
    const profiles = open.port('profiles', new ElasticProfileStore(elastic, { partitionOf }));
    const events = open.port('events', new ElasticEventStore(elastic));
    const members = new SqlSegmentMembers(db, new UuidIds(clock));
    const audience = open.port('audience', new ElasticAudience({ elastic, profiles, events, members }));
    const limiter = open.port('rate limiter', new RedisRateLimiter(redis, { clock }));
    const deduper = new RedisDeduper(redis, {
      windowMs: config.ingest.dedupeWindowMs,
    });
    return {
      alone: false,
      folder,
      ...relationalStores(db, clock),
      log,
      events,
      audience,
      writtenBeyond: (tenantId, positions, page) => audience.writtenBeyond(tenantId, positions, page),
      files: new DiskFileStore(folder.path('files')),
      profiles,
      deduper: open.port('deduper', deduper),
      dueIndex: open.port('due index', new SqlDueIndex(db)),
      nonces: open.port('nonces', new RedisNonceStore(redis)),
      limiter,
      queue: open.port('queue', new BullWorkQueue(redis)),
      cache: open.port('cache', new RedisCache(redis, clock)),
      checks: [
        freeDisk(folder),
        answering('profiles', () => profiles.get('none', 'none')),
        answering('search', () => events.countByName('none', 1)),
        // Without it events are accepted and wait, and sends wait: the process takes work all the same.
        { name: 'redis', check: async () => ({ connected: redis.connected, limitsAreLocal: limiter.degraded }) },
      ],
      close: () => open.close(),
    };
  } catch (error) {
    await open.close();
    throw error;
  }
}

export const kafkaConnection = ({ kafka: { brokers, tls, sasl } }: EnginesConfig) => ({
  brokers,
  tls: tls ? {} : undefined,
  sasl,
});

export const elasticOptions = ({ elasticsearch: { urls, apiKey }, prefix }: EnginesConfig) => ({
  url: urls,
  prefix,
  auth: apiKey === undefined ? undefined : { apiKey },
});
