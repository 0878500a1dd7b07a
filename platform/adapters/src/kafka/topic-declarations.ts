import { readFileSync } from 'node:fs';
import { invalid, parseDuration } from '@cdp/core/kernel';
import { assertName } from '../log/index.js';

export interface TopicDeclaration {
  topic: string;
  partitions: number;
  retentionMs: number;
  /** Of a key only the newest record is sure to stay. */
  compacted: boolean;
  /** Whether the records of a key must stay in one partition. */
  ordered: boolean;
}

type Written = Record<string, unknown>;

/**
 * Reads `infra/kafka/topics.json`. `logRetentionMs`: what the retention `log` stands for, in milliseconds. Throws `invalid` with the
 * topic and field of the first mistake.
 */
export function readTopicDeclarations(path: string, logRetentionMs: number): TopicDeclaration[] {
  const { topics } = JSON.parse(readFileSync(path, 'utf8')) as { topics?: Record<string, Written> };
  return Object.entries(topics ?? {}).map(([topic, written]) => declaration(topic, written, logRetentionMs));
}

function declaration(topic: string, written: Written, logRetentionMs: number): TopicDeclaration {
  assertName(topic, topic);
  const { partitions, retention, compacted = false, ordered = true, ...unknown } = written;
  const [stray] = Object.keys(unknown);
  if (stray) throw invalid(`${topic}.${stray}`, 'is not known');
  if (!Number.isInteger(partitions) || (partitions as number) < 1)
    throw invalid(`${topic}.partitions`, 'write a whole number of at least 1');
  const retentionMs = retention === 'log' ? logRetentionMs : parseDuration(String(retention));
  if (retentionMs === undefined) throw invalid(`${topic}.retention`, 'write log, or a duration such as 7d');
  if (typeof compacted !== 'boolean') throw invalid(`${topic}.compacted`, 'write true or false');
  if (typeof ordered !== 'boolean') throw invalid(`${topic}.ordered`, 'write true or false');
  return { topic, partitions: partitions as number, retentionMs, compacted, ordered };
}
