import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { engineAddress } from '../testing/index.js';
import type { BulkItem } from './bulk-writer.js';
import type { Elastic } from './elastic.js';
import { type ElasticHome, elasticHome, type Trouble, troubleBefore } from './testing/index.js';

let home: ElasticHome;
let trouble: Trouble;
let elastic: Elastic;
let index: string;

beforeAll(async () => {
  home = await elasticHome();
  trouble = await troubleBefore(engineAddress('CDP_ELASTICSEARCH_URL'));
  elastic = home.open({ url: trouble.url, bulkRetryMs: 1 });
  index = elastic.index('lineage_v1');
});
afterEach(() => {
  trouble.happen = () => undefined;
  trouble.requests.length = 0;
});
afterAll(async () => {
  await trouble.remove();
  await home.remove();
});

const item = (id: string, more: Partial<BulkItem> = {}): BulkItem => ({
  action: 'index',
  index,
  id,
  source: '{"tenantId":"acme"}',
  ...more,
});
const version = (number: number) => ({ number, type: 'external' as const });
const isBulk = (path: string) => path.startsWith('/_bulk');
const count = async (ids: string[]): Promise<number> => {
  const { docs } = await elastic.work((client, bounds) => client.mget({ index, ids }, bounds));
  return docs.filter((found) => 'found' in found && found.found).length;
};

describe('BulkWriter', () => {
  it('says of each document what became of it', async () => {
    await elastic.bulk.write([item('old', { version: version(5) }), item('there'), item('bye')]);
    const outcomes = await elastic.bulk.write([
      item('old', { version: version(5) }),
      item('new', { version: version(1) }),
      item('there', { action: 'create' }),
      item('bye', { action: 'delete' }),
      item('never', { action: 'delete' }),
    ]);
    expect(outcomes).toEqual(['conflict', 'done', 'conflict', 'done', 'missing']);
    expect(await elastic.bulk.write([item('old', { version: { number: 5, type: 'external_gte' } })])).toEqual(['done']);
    expect(await elastic.bulk.write([])).toEqual([]);
  });

  it('writes over the very state that was seen, or not at all', async () => {
    await elastic.bulk.write([item('seen')]);
    const read = await elastic.work((client, bounds) => client.get({ index, id: 'seen' }, bounds));
    const seen = { seqNo: read._seq_no as number, primaryTerm: read._primary_term as number };
    expect(await elastic.bulk.write([item('seen', { seen })])).toEqual(['done']);
    expect(await elastic.bulk.write([item('seen', { seen })])).toEqual(['conflict']);
  });

  it('names the documents that are refused for what they are, and writes all others', async () => {
    const bad = item('bad', { source: '{"tenantId":{"secret":"4711"}}', title: 'profile 7' });
    const writing = elastic.bulk.write([item('good-1'), bad, item('good-2')]);
    await expect(writing).rejects.toMatchObject({
      code: 'invalid',
      errors: [{ path: 'profile 7', message: expect.stringContaining('tenantId') }],
    });
    await writing.catch((error: Error) => expect(JSON.stringify(error) + error.message).not.toContain('4711'));
    expect(await count(['good-1', 'good-2', 'bad'])).toBe(2);
  });

  it('cuts what is much into requests of bounded size', async () => {
    const many = Array.from({ length: 2_500 }, (_, number) => item(`many-${number}`));
    expect(new Set(await elastic.bulk.write(many))).toEqual(new Set(['done']));
    expect(trouble.requests.filter((line) => line === 'POST /_bulk')).toHaveLength(5);
    const sizes: number[] = [];
    trouble.happen = (_method, path, body) => {
      if (isBulk(path)) sizes.push(body.length);
      return undefined;
    };
    const long = JSON.stringify({ owner: 'x'.repeat(30_000) });
    await elastic.bulk.write(Array.from({ length: 300 }, (_, number) => item(`long-${number}`, { source: long })));
    expect(sizes.length).toBe(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * 1024 * 1024);
  });

  it('has no more requests under way than it may', async () => {
    const few = home.open({ url: trouble.url, bulkConcurrency: 2 });
    let most = 0;
    let underWay = 0;
    trouble.happen = (_method, path) => {
      if (!isBulk(path)) return undefined;
      most = Math.max(most, ++underWay);
      return {
        kind: 'change',
        change: (answer) => {
          underWay--;
          return answer;
        },
      };
    };
    await Promise.all(Array.from({ length: 12 }, (_, number) => few.bulk.write([item(`lane-${number}`)])));
    expect(most).toBe(2);
  });

  it('sends again what an overloaded cluster refused, and nothing else', async () => {
    const sent: number[] = [];
    trouble.happen = (_method, path, body) => {
      if (!isBulk(path)) return undefined;
      sent.push(body.trim().split('\n').length / 2);
      if (sent.length === 1) return { kind: 'answer', status: 429 };
      if (sent.length > 3) return undefined;
      const refuse = (answer: string): string => {
        const { items } = JSON.parse(answer);
        items[0] = { index: { status: 429, error: { type: 'es_rejected_execution_exception' } } };
        return JSON.stringify({ items });
      };
      return { kind: 'change', change: refuse };
    };
    expect(await elastic.bulk.write([item('o-1'), item('o-2'), item('o-3')])).toEqual(['done', 'done', 'done']);
    expect(sent).toEqual([3, 3, 1, 1]);
  });

  it('gives up on a cluster that stays overloaded, with when to try again', async () => {
    trouble.happen = (_method, path) =>
      isBulk(path)
        ? { kind: 'answer', status: 429, body: { error: { type: 'circuit_breaking_exception' } } }
        : undefined;
    await expect(elastic.bulk.write([item('busy')])).rejects.toMatchObject({
      code: 'unavailable',
      retryAfter: expect.any(Number),
    });
    expect(trouble.requests.length).toBe(6);
  });

  it('learns by asking again what a lost answer was, and says that it does not know when all are lost', async () => {
    let lost = 0;
    trouble.happen = (_method, path) => (isBulk(path) && lost++ === 0 ? { kind: 'lose' } : undefined);
    expect(await elastic.bulk.write([item('lost-1', { version: version(3) })])).toEqual(['conflict']);
    trouble.happen = (_method, path) => (isBulk(path) ? { kind: 'lose' } : undefined);
    const write = () => elastic.bulk.write([item('lost-2', { version: version(3) })]);
    await expect(write()).rejects.toMatchObject({ code: 'unavailable' });
    trouble.happen = () => undefined;
    expect(await write()).toEqual(['conflict']);
  });

  it('tells a document that no request can take from a cluster that is away', async () => {
    trouble.happen = (_method, path) => (isBulk(path) ? { kind: 'answer', status: 413 } : undefined);
    await expect(elastic.bulk.write([item('huge')])).rejects.toMatchObject({
      code: 'invalid',
      errors: [{ path: 'huge', message: 'document_too_large' }],
    });
  });
});
