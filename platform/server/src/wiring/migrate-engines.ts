import { fileURLToPath } from 'node:url';
import { applyIndexTemplates, openElastic } from '@cdp/adapters/elasticsearch';
import { applyTopics, readTopicDeclarations } from '@cdp/adapters/kafka';
import { migrate, openMysql } from '@cdp/adapters/sql';
import type { Config, EnginesConfig } from '../config/index.js';
import { elasticOptions, kafkaConnection } from './engine-stores.js';

const infra = (path: string): string => fileURLToPath(new URL(`../../../../infra/${path}`, import.meta.url));

/**
 * Makes what the engines must have before a process starts: tables, topics, and templates of indices. Run by one at a time, again
 * and again, before a new version's processes start; those of the version before go on meanwhile. Answers what it did, in lines.
 */
export async function migrateEngines({ retention }: Config, engines: EnginesConfig): Promise<string[]> {
  const lines: string[] = [];
  const say = (what: string, names: readonly string[]): void => {
    lines.push(names.length === 0 ? `${what}: nothing to do` : `${what}: ${names.join(', ')}`);
  };
  const db = openMysql(engines.mysql);
  try {
    say('tables', await migrate(db));
  } finally {
    await db.close();
  }
  const { kafka, prefix } = engines;
  const measures = { partitions: kafka.partitions, retentionMs: retention.logMs };
  const topics = readTopicDeclarations(infra('kafka/topics.json'), measures);
  const applied = await applyTopics(topics, {
    ...kafkaConnection(engines),
    prefix,
    ...(kafka.replication !== undefined && { replication: kafka.replication }),
  });
  say('topics made', applied.created);
  say('topics changed', applied.changed);
  const elastic = openElastic(elasticOptions(engines));
  try {
    const { replicas } = engines.elasticsearch;
    const indices = await applyIndexTemplates(elastic, { folder: infra('elasticsearch'), replicas });
    say('indices and templates made', indices.created);
    say('indices and templates changed', indices.changed);
  } finally {
    await elastic.close();
  }
  return lines;
}
