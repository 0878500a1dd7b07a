import { setTimeout as after } from 'node:timers/promises';
import { CdpError, conflict } from '@cdp/core/kernel';
import { KafkaCluster } from './kafka-cluster.js';
import { textOf } from './kafka-error.js';
import { addressesOf, connectionOptions, type KafkaConnectionOptions } from './kafka-options.js';
import { offsetsOf } from './partition-offsets.js';
import type { TopicDeclaration } from './topic-declarations.js';
import { type Admin, TOPIC_RESOURCE, withAdmin } from './wire/kafkajs-admin.js';

export interface ApplyTopicsOptions extends KafkaConnectionOptions {
  /** As the log has it. */
  prefix?: string;
  /** Copies of each partition of a new topic; with three or more, two must be there for a write. Default: as the brokers are set. */
  replication?: number;
}

export interface AppliedTopics {
  created: string[];
  /** Whose settings differed. */
  changed: string[];
}

/** Bytes of the biggest record with its batch. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

const REQUEST_MS = 30_000;
const LOOK_MS = 50;
/** The source of a setting that was made for the topic itself. */
const SET_FOR_TOPIC = 1;

/**
 * Makes the topics that are missing and sets what differs in the others; running it again changes nothing. Throws `conflict`,
 * before anything is changed, when a count of partitions differs so that keys would move or records be lost.
 */
export async function applyTopics(
  declarations: readonly TopicDeclaration[],
  options: ApplyTopicsOptions,
): Promise<AppliedTopics> {
  const prefix = options.prefix ?? '';
  try {
    return await withAdmin(options.brokers, connectionOptions(options, REQUEST_MS), async (admin) => {
      const known = await knownPartitions(admin, declarations, prefix);
      const raised = await raisedPartitions(admin, declarations, known, prefix);
      const missing = declarations.filter(({ topic }) => !known.has(topic));
      if (missing.length > 0)
        await admin.createTopics({
          waitForLeaders: false,
          timeout: REQUEST_MS,
          topics: missing.map((declaration) => ({
            topic: prefix + declaration.topic,
            numPartitions: declaration.partitions,
            replicationFactor: options.replication ?? -1,
            configEntries: entriesOf(declaration, options),
          })),
        });
      if (raised.length > 0)
        await admin.createPartitions({
          timeout: REQUEST_MS,
          topicPartitions: raised.map(({ topic, partitions }) => ({ topic: prefix + topic, count: partitions })),
        });
      if (missing.length + raised.length > 0) await untilLed(declarations, options);
      const existing = declarations.filter(({ topic }) => known.has(topic));
      const changed = await setWhatDiffers(admin, existing, options);
      return {
        created: missing.map(({ topic }) => topic),
        changed: [...new Set([...raised.map(({ topic }) => topic), ...changed])],
      };
    });
  } catch (cause) {
    if (cause instanceof CdpError) throw cause;
    throw new CdpError('unavailable', `The topics could not be applied: ${textOf(cause)}`, { retryAfter: 5, cause });
  }
}

async function knownPartitions(
  admin: Admin,
  declarations: readonly TopicDeclaration[],
  prefix: string,
): Promise<Map<string, number>> {
  const names = new Set(await admin.listTopics());
  const topics = declarations.map(({ topic }) => prefix + topic).filter((name) => names.has(name));
  if (topics.length === 0) return new Map();
  const metadata = await admin.fetchTopicMetadata({ topics });
  return new Map(metadata.topics.map(({ name, partitions }) => [name.slice(prefix.length), partitions.length]));
}

async function raisedPartitions(
  admin: Admin,
  declarations: readonly TopicDeclaration[],
  known: ReadonlyMap<string, number>,
  prefix: string,
): Promise<TopicDeclaration[]> {
  const raised: TopicDeclaration[] = [];
  for (const declaration of declarations) {
    const { topic, partitions, ordered } = declaration;
    const now = known.get(topic);
    if (now === undefined || now === partitions) continue;
    if (partitions < now)
      throw conflict(
        `${topic} has ${now} partitions, and Kafka cannot take any away: keep ${now}, or move to a new topic.`,
      );
    const written = (await admin.fetchTopicOffsets(prefix + topic)).some(({ high }) => Number(high) > 0);
    if (ordered && written)
      throw conflict(
        `${topic} has ${now} partitions and records in them. With ${partitions} most keys would move to another partition, and records of a key be handled out of order, or by two at once: keep ${now}, or move to a new topic.`,
      );
    raised.push(declaration);
  }
  return raised;
}

/** A topic is there for clients when each of its partitions is led, which is some time after it was made. */
async function untilLed(declarations: readonly TopicDeclaration[], options: ApplyTopicsOptions): Promise<void> {
  const cluster = new KafkaCluster(addressesOf(options.brokers), connectionOptions(options, REQUEST_MS));
  try {
    const until = performance.now() + REQUEST_MS;
    for (;;) {
      const { leaders } = await cluster.look();
      const waiting = declarations.find(({ topic, partitions }) => {
        const led = leaders.get((options.prefix ?? '') + topic) ?? [];
        return led.length < partitions || led.some((leader) => leader < 0);
      });
      if (!waiting) break;
      if (performance.now() > until) throw new Error(`nobody leads ${waiting.topic}`);
      await after(LOOK_MS);
    }
    // Who is said to lead a partition may not know it yet.
    for (const { topic, partitions } of declarations) {
      const all = Array.from({ length: partitions }, (_, partition) => partition);
      await cluster.steadily(() => offsetsOf(cluster, (options.prefix ?? '') + topic, all, 'end'));
    }
  } finally {
    cluster.close();
  }
}

async function setWhatDiffers(
  admin: Admin,
  declarations: readonly TopicDeclaration[],
  options: ApplyTopicsOptions,
): Promise<string[]> {
  if (declarations.length === 0) return [];
  const prefix = options.prefix ?? '';
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: declarations.map(({ topic }) => ({ type: TOPIC_RESOURCE, name: prefix + topic })),
  });
  const current = new Map(resources.map(({ resourceName, configEntries }) => [resourceName, configEntries]));
  const differing = declarations.flatMap((declaration) => {
    const name = prefix + declaration.topic;
    const declared = entriesOf(declaration, options);
    const now = current.get(name) ?? [];
    const isSet = (entry: Entry) =>
      now.some(({ configName, configValue }) => configName === entry.name && configValue === entry.value);
    if (declared.every(isSet)) return [];
    // The call replaces all that is set for a topic: what somebody else set there stays.
    const others = now
      .filter(
        ({ configName, configSource }) =>
          configSource === SET_FOR_TOPIC && !declared.some(({ name: own }) => own === configName),
      )
      .map(({ configName, configValue }) => ({ name: configName, value: configValue }));
    return [{ topic: declaration.topic, name, configEntries: [...declared, ...others] }];
  });
  if (differing.length > 0)
    await admin.alterConfigs({
      validateOnly: false,
      resources: differing.map(({ name, configEntries }) => ({ type: TOPIC_RESOURCE, name, configEntries })),
    });
  return differing.map(({ topic }) => topic);
}

interface Entry {
  name: string;
  value: string;
}

const entriesOf = ({ retentionMs, compacted }: TopicDeclaration, { replication }: ApplyTopicsOptions): Entry[] => [
  { name: 'cleanup.policy', value: compacted ? 'compact,delete' : 'delete' },
  { name: 'retention.ms', value: `${retentionMs}` },
  { name: 'max.message.bytes', value: `${MAX_MESSAGE_BYTES}` },
  // What the clients send is what is kept: a broker's own choice might be a form that they cannot read.
  { name: 'compression.type', value: 'producer' },
  ...(replication !== undefined && replication >= 3 ? [{ name: 'min.insync.replicas', value: '2' }] : []),
];
