import { z } from 'zod';
import { choice, list, text, wholeNumber } from './setting.js';

const isUrl =
  (...protocols: string[]) =>
  (value: string): boolean =>
    URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)) && new URL(value).hostname !== '';

const isBroker = (item: string): boolean => /^(\[[0-9a-fA-F:]+\]|[^\s:[\]]+):\d{1,5}$/.test(item);

const mysqlUrl = () =>
  text(
    'URL',
    (value) => isUrl('mysql')(value) && new URL(value).pathname.length > 1,
    'write mysql://user:password@host:3306/database; with ?tls=verify over TLS',
  );

export const enginesSettings = z.object({
  CDP_MYSQL_URL: mysqlUrl()
    .optional()
    .meta({ secret: true, otherwise: 'the embedded engines' })
    .describe('MySQL 8 or MariaDB 10.11 or later. The four engines are set together, or none of them.'),
  CDP_MYSQL_REPLICA_URL: mysqlUrl()
    .optional()
    .meta({ secret: true, otherwise: 'none' })
    .describe('A read replica, for reports and lists that may be late by what it lags.'),
  CDP_MYSQL_CONNECTIONS: wholeNumber(1, 1_000)
    .prefault('20')
    .describe('Connections of this process to MySQL, at most.'),
  CDP_KAFKA_BROKERS: list('comma-separated host:port', isBroker, 'write brokers as host:port, separated by commas')
    .optional()
    .meta({ otherwise: 'the embedded engines' })
    .describe('Some brokers of a Kafka 3.9 or 4 cluster, from which it makes the others known.'),
  CDP_KAFKA_TLS: choice('0', '1')
    .prefault('0')
    .describe('`1`: brokers are reached over TLS, and show a certificate that is trusted.'),
  CDP_KAFKA_SASL: choice('none', 'plain', 'scram-sha-256', 'scram-sha-512')
    .prefault('none')
    .describe('How this process proves itself to the brokers.'),
  CDP_KAFKA_USERNAME: text('text', () => true, 'write a name')
    .optional()
    .meta({ otherwise: 'none' })
    .describe('For SASL.'),
  CDP_KAFKA_PASSWORD: text('text', () => true, 'write a password')
    .optional()
    .meta({ secret: true, otherwise: 'none' })
    .describe('For SASL.'),
  CDP_KAFKA_REPLICATION: wholeNumber(1, 15)
    .optional()
    .meta({ otherwise: 'as the brokers are set' })
    .describe('Copies of each partition of topics that `cdp migrate` makes; 3 in production.'),
  CDP_KAFKA_PARTITIONS: wholeNumber(1, 1_000)
    .prefault('12')
    .describe(
      'Partitions of the topics that every event goes through, when `cdp migrate` makes them: as many processes of role `process` can share them. It stays for as long as the topics do.',
    ),
  CDP_ELASTICSEARCH_URL: list(
    'comma-separated URLs',
    isUrl('http', 'https'),
    'write URLs such as https://search.example:9200, separated by commas',
  )
    .optional()
    .meta({ secret: true, otherwise: 'the embedded engines' })
    .describe('Nodes of an Elasticsearch 9 cluster. A name and a password may stand in the URL.'),
  CDP_ELASTICSEARCH_API_KEY: text('text', () => true, 'write an API key')
    .optional()
    .meta({ secret: true, otherwise: 'none' })
    .describe('In place of a name and a password.'),
  CDP_ELASTICSEARCH_REPLICAS: wholeNumber(0, 10)
    .prefault('1')
    .describe('Copies of each shard beside the first, of indices that are made from now on.'),
  CDP_REDIS_URL: text('URL', isUrl('redis', 'rediss'), 'write redis://user:password@host:6379/0, or rediss:// over TLS')
    .optional()
    .meta({ secret: true, otherwise: 'the embedded engines' })
    .describe('Redis 7, no cluster, with `appendonly yes`, `appendfsync always` and `maxmemory-policy noeviction`.'),
  CDP_ENGINES_PREFIX: text(
    'lower-case letters, digits, dots and dashes',
    (value) => /^[a-z0-9][a-z0-9.-]{0,40}$/.test(value),
    'write up to 41 lower-case letters, digits, dots and dashes',
  )
    .optional()
    .meta({ otherwise: 'none' })
    .describe('Stands before names of topics, groups, indices and keys, where engines are shared with others.'),
});

/** The production engines, all of them. */
export interface EnginesConfig {
  mysql: { url: string; replicaUrl: string | undefined; connections: number };
  kafka: {
    brokers: readonly string[];
    tls: boolean;
    sasl: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string } | undefined;
    replication: number | undefined;
    partitions: number;
  };
  elasticsearch: { urls: readonly string[]; apiKey: string | undefined; replicas: number };
  redis: { url: string };
  prefix: string;
}

/** The engines that are named together or not at all. */
const TOGETHER = ['CDP_MYSQL_URL', 'CDP_KAFKA_BROKERS', 'CDP_ELASTICSEARCH_URL', 'CDP_REDIS_URL'] as const;

export const enginesConfig = enginesSettings.transform((env, context): EnginesConfig | undefined => {
  const { CDP_MYSQL_URL, CDP_KAFKA_BROKERS, CDP_ELASTICSEARCH_URL, CDP_REDIS_URL } = env;
  const missing = TOGETHER.filter((name) => env[name] === undefined || env[name].length === 0);
  if (missing.length === TOGETHER.length) return undefined;
  const problem = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
  for (const name of missing)
    problem(name, 'is missing: the production engines are set together, or none of them for the embedded ones');
  const sasl = env.CDP_KAFKA_SASL;
  for (const name of ['CDP_KAFKA_USERNAME', 'CDP_KAFKA_PASSWORD'] as const)
    if (sasl !== 'none' && env[name] === undefined) problem(name, `is needed with CDP_KAFKA_SASL=${sasl}`);
  if (!CDP_MYSQL_URL || !CDP_KAFKA_BROKERS || !CDP_ELASTICSEARCH_URL || !CDP_REDIS_URL) return z.NEVER;
  return {
    mysql: { url: CDP_MYSQL_URL, replicaUrl: env.CDP_MYSQL_REPLICA_URL, connections: env.CDP_MYSQL_CONNECTIONS },
    kafka: {
      brokers: CDP_KAFKA_BROKERS,
      tls: env.CDP_KAFKA_TLS === '1',
      sasl:
        sasl === 'none'
          ? undefined
          : { mechanism: sasl, username: env.CDP_KAFKA_USERNAME ?? '', password: env.CDP_KAFKA_PASSWORD ?? '' },
      replication: env.CDP_KAFKA_REPLICATION,
      partitions: env.CDP_KAFKA_PARTITIONS,
    },
    elasticsearch: {
      urls: CDP_ELASTICSEARCH_URL,
      apiKey: env.CDP_ELASTICSEARCH_API_KEY,
      replicas: env.CDP_ELASTICSEARCH_REPLICAS,
    },
    redis: { url: CDP_REDIS_URL },
    prefix: env.CDP_ENGINES_PREFIX === undefined ? '' : `${env.CDP_ENGINES_PREFIX}.`,
  };
});
