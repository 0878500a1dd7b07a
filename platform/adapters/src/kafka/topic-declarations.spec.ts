import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deadLetterOf, TOPICS } from '@cdp/core/log';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '../embedded/testing/index.js';
import { readTopicDeclarations } from './topic-declarations.js';

const DECLARED = fileURLToPath(new URL('../../../../infra/kafka/topics.json', import.meta.url));
const DAY = 86_400_000;

async function reading(topic: Record<string, unknown>): Promise<unknown> {
  const folder = temporaryFolder();
  try {
    const path = join(folder.path, 'topics.json');
    writeFileSync(path, JSON.stringify({ topics: { t: topic } }));
    return readTopicDeclarations(path, { partitions: 12, retentionMs: DAY });
  } finally {
    await folder.remove();
  }
}

describe('the declared topics', () => {
  const declarations = readTopicDeclarations(DECLARED, { partitions: 48, retentionMs: 30 * DAY });
  const named = new Map(declarations.map((declaration) => [declaration.topic, declaration]));

  it('are all of the platform', () => {
    expect(Object.values(TOPICS).filter((topic) => !named.has(topic))).toEqual([]);
  });

  it('have dead letters for all that is consumed', () => {
    const consumed = [TOPICS.raw, TOPICS.rejected, TOPICS.enriched, TOPICS.segmentJobs, TOPICS.delivery];
    for (const topic of consumed) expect(named.get(deadLetterOf(topic))).toMatchObject({ ordered: false });
  });

  it('keep for as long as the log what projections are made from', () => {
    expect(named.get(TOPICS.raw)?.retentionMs).toBe(30 * DAY);
    expect(named.get(TOPICS.enriched)?.retentionMs).toBe(30 * DAY);
  });

  it('have as many partitions as wanted where every event goes through', () => {
    const wide = declarations.filter(({ partitions }) => partitions === 48).map(({ topic }) => topic);
    expect(wide).toEqual([TOPICS.raw, TOPICS.enriched]);
  });
});

describe('a mistake in a declaration', () => {
  it('is named by topic and field', async () => {
    await expect(reading({ partitions: 0, retention: '7d' })).rejects.toThrow('t.partitions');
    await expect(reading({ partitions: 1, retention: 'a while' })).rejects.toThrow('t.retention');
    await expect(reading({ partitions: 1, retention: '7d', compact: true })).rejects.toThrow('t.compact');
    await expect(reading({ partitions: 1, retention: '7d', ordered: 'no' })).rejects.toThrow('t.ordered');
  });
});
