import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ElasticEventStore, openElastic } from '@cdp/adapters/elasticsearch';
import { removeTopics } from '@cdp/adapters/kafka/testing';
import { redisHome } from '@cdp/adapters/redis/testing';
import { openMysql, SqlIdentityStore } from '@cdp/adapters/sql';
import { engineAddress } from '@cdp/adapters/testing';
import type { IdentityStore } from '@cdp/core/identity';
import type { EventStore } from '@cdp/core/profile';
import { Cluster } from '@cdp/server';
import { ADMIN_PASSWORD, type DemoKeys, type Door } from './server-process.js';

const CLI = fileURLToPath(new URL('../../../platform/server/dist/cli/main.js', import.meta.url));

export interface EngineClusterOptions {
  /** Processes of each role. Default 1. */
  processes?: number;
  env?: NodeJS.ProcessEnv;
}

/** The platform on real engines with its roles as processes apart, in a database, topics, indices and keys of its own. */
export class EngineCluster implements Door {
  readonly cluster: Cluster;
  readonly dir: string;
  readonly prefix: string;
  /** What the processes wrote, the last thousand lines. */
  readonly lines: string[];
  readonly #database: string;

  private constructor(cluster: Cluster, dir: string, prefix: string, database: string, lines: string[]) {
    this.cluster = cluster;
    this.dir = dir;
    this.prefix = prefix;
    this.lines = lines;
    this.#database = database;
  }

  static async start({ processes = 1, env: more = {} }: EngineClusterOptions = {}): Promise<EngineCluster> {
    const name = randomBytes(5).toString('hex');
    const dir = mkdtempSync(join(tmpdir(), 'cdp-cluster-'));
    const prefix = `t${name}`;
    const database = `cdp_test_${name}`;
    await onMysql(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
    const env = {
      PATH: process.env.PATH,
      CDP_MYSQL_URL: urlOf(database),
      CDP_KAFKA_BROKERS: engineAddress('CDP_KAFKA_BROKERS'),
      CDP_ELASTICSEARCH_URL: engineAddress('CDP_ELASTICSEARCH_URL'),
      CDP_REDIS_URL: engineAddress('CDP_REDIS_URL'),
      CDP_ENGINES_PREFIX: prefix,
      CDP_ELASTICSEARCH_REPLICAS: '0',
      CDP_DATA_DIR: dir,
      CDP_DEMO: 'tenant',
      CDP_ADMIN_PASSWORD: ADMIN_PASSWORD,
      CDP_LOG_LEVEL: 'warn',
      ...more,
    };
    const lines: string[] = [];
    const onLine = (process: string, line: string): void => {
      lines.push(`${process} ${line}`);
      if (lines.length > 1_000) lines.shift();
    };
    await promisify(execFile)(process.execPath, [CLI, 'migrate'], { env });
    try {
      const cluster = await Cluster.start({ processes, port: 0, host: '127.0.0.1', env, onLine });
      return new EngineCluster(cluster, dir, prefix, database, lines);
    } catch (error) {
      throw new Error(`${String(error)}\n${lines.join('\n')}`, { cause: error });
    }
  }

  get listening(): Promise<string> {
    return Promise.resolve(this.cluster.url);
  }

  get demo(): DemoKeys {
    return JSON.parse(readFileSync(join(this.dir, 'demo.json'), 'utf8')) as DemoKeys;
  }

  /** `Basic` credentials of the demo's server app. */
  get authorization(): string {
    const { appKey, secretKey } = this.demo.server;
    return `Basic ${Buffer.from(`${appKey}:${secretKey}`).toString('base64')}`;
  }

  /** The stores of identities and events themselves, beside the running platform. */
  async withStores<T>(work: (stores: { identities: IdentityStore; events: EventStore }) => Promise<T>): Promise<T> {
    const db = openMysql({ url: urlOf(this.#database), connections: 2 });
    const elastic = openElastic({ url: engineAddress('CDP_ELASTICSEARCH_URL'), prefix: `${this.prefix}.` });
    try {
      return await work({ identities: new SqlIdentityStore(db), events: new ElasticEventStore(elastic) });
    } finally {
      await elastic.close();
      await db.close();
    }
  }

  /** Events of the demo tenant that are stored. */
  countEvents(): Promise<number> {
    return this.withStores(async ({ events }) => {
      await events.refresh();
      const counts = await events.countByName(this.demo.tenantId, 1_000);
      return counts.reduce((sum, { count }) => sum + count, 0);
    });
  }

  /** Stops it and removes all that it made. */
  async dispose(): Promise<void> {
    await this.cluster.close();
    await removeTopics(engineAddress('CDP_KAFKA_BROKERS').split(','), `${this.prefix}.`);
    await onMysql(`DROP DATABASE ${this.#database}`);
    await removeIndices(`${this.prefix}.`);
    await redisHome(engineAddress('CDP_REDIS_URL'), `${this.prefix}.cdp:`).remove();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function urlOf(database: string): string {
  const url = new URL(engineAddress('CDP_MYSQL_URL'));
  url.pathname = `/${database}`;
  return url.href;
}

async function onMysql(statement: string): Promise<void> {
  const db = openMysql({ url: engineAddress('CDP_MYSQL_URL'), connections: 1 });
  try {
    await db.run(statement);
  } finally {
    await db.close();
  }
}

async function removeIndices(prefix: string): Promise<void> {
  const url = engineAddress('CDP_ELASTICSEARCH_URL');
  for (const path of [`/${prefix}*`, `/_index_template/${prefix}*`, `/_component_template/${prefix}*`])
    await fetch(`${url}${path}`, { method: 'DELETE' }).then((answer) => answer.arrayBuffer());
}
