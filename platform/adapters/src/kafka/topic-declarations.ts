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

/** What `log` stands for in the declarations: the measures of the topics that every event goes through. */
export interface LogMeasures {
  partitions: number;
  /** Milliseconds. */
  retentionMs: number;
}

type Written = Record<string, unknown>;

/** Reads `infra/kafka/topics.json`. Throws `invalid` with the topic and field of the first mistake. */
export function readTopicDeclarations(path: string, log: LogMeasures): TopicDeclaration[] {
  const { topics } = JSON.parse(readFileSync(path, 'utf8')) as { topics?: Record<string, Written> };
  return Object.entries(topics ?? {}).map(([topic, written]) => declaration(topic, written, log));
}

function declaration(topic: string, written: Written, log: LogMeasures): TopicDeclaration {
  assertName(topic, topic);
  const { retention, compacted = false, ordered = true, partitions: declared, ...unknown } = written;
  const partitions = declared === 'log' ? log.partitions : declared;
  const [stray] = Object.keys(unknown);
  if (stray) throw invalid(`${topic}.${stray}`, 'is not known');
  if (!Number.isInteger(partitions) || (partitions as number) < 1)
    throw invalid(`${topic}.partitions`, 'write log, or a whole number of at least 1');
  const retentionMs = retention === 'log' ? log.retentionMs : parseDuration(String(retention));
  if (retentionMs === undefined) throw invalid(`${topic}.retention`, 'write log, or a duration such as 7d');
  if (typeof compacted !== 'boolean') throw invalid(`${topic}.compacted`, 'write true or false');
  if (typeof ordered !== 'boolean') throw invalid(`${topic}.ordered`, 'write true or false');
  return { topic, partitions: partitions as number, retentionMs, compacted, ordered };
}
