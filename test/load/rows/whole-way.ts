import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AdminClient } from '../../builders/admin-client.js';
import { ServerProcess, settled } from '../../builders/server-process.js';
import { countEvents } from '../../chaos/crash/aftermath.js';
import { generate } from '../harness/generate.js';
import { residentMegabytes } from '../harness/resident-memory.js';
import { absoluteLine, assertCounted, type Line, type Row, rateLine } from '../harness/row.js';
import { inFolder } from '../harness/temporary-folder.js';
import { MemoryPipeline } from '../reference/memory-pipeline.js';

export const PEOPLE = 1_000_000;
const BATCH = 100;
const BODIES = 400;
const NAMES = ['Product Viewed', 'Cart Added', 'Order Completed'];

/** Bodies whose people and message ids change each time they are sent. */
export function batchBodies(): string[] {
  return Array.from({ length: BODIES }, () => {
    const batch = Array.from({ length: BATCH }, () => {
      const name = NAMES[Math.floor(Math.random() * NAMES.length)];
      const price = Math.ceil(Math.random() * 100);
      return `{"messageId":"w{n}","type":"track","userId":"user-{p}","event":"${name}","properties":{"price":${price}}}`;
    });
    return `{"batch":[${batch.join(',')}]}`;
  });
}

export const ruleOf = (index: number) =>
  index % 2
    ? { event: 'Order Completed', sum: { property: 'price', op: 'gt', value: index * 20 }, within: { last: '30d' } }
    : { event: 'Product Viewed', count: { op: 'gte', value: 1 + (index % 10) }, within: { last: '30d' } };

/** Events that the reference takes a round, over the same people; what it knows of them stays from round to round. */
const REFERENCE_EVENTS = 200_000;

async function referenceRate(reference: MemoryPipeline): Promise<number> {
  const before = reference.events;
  const bodies = Array.from({ length: REFERENCE_EVENTS / BATCH / BODIES }, batchBodies).flat();
  let number = before;
  const person = () => String(Math.floor(Math.random() * PEOPLE));
  const sent = bodies.map((body) => body.replaceAll('{n}', () => String(number++)).replaceAll('{p}', person));
  const started = performance.now();
  await reference.take(sent);
  const seconds = (performance.now() - started) / 1_000;
  assertCounted('reference of the whole way', reference.events - before, REFERENCE_EVENTS);
  return REFERENCE_EVENTS / seconds;
}

/** How long after its answer a person is shown as member, while the platform works at half its rate. */
async function freshness(server: ServerProcess, segmentId: string, durationMs: number): Promise<number[]> {
  const url = await server.listening;
  const headers = { authorization: server.authorization };
  const waits: number[] = [];
  const end = performance.now() + durationMs;
  for (let number = 0; performance.now() < end; number++) {
    const messageId = `fresh-${number}`;
    const body = JSON.stringify({ messageId, userId: `fresh-${number}`, event: 'Product Viewed', properties: {} });
    await (await fetch(`${url}/v1/track`, { method: 'POST', headers, body })).text();
    const answered = performance.now();
    for (let there = false; !there; await delay(5)) {
      const status = await fetch(`${url}/v1/events/${messageId}/status`, { headers });
      const { segments = [] } = (await status.json()) as { segments?: { segmentId: string }[] };
      there = segments.some((one) => one.segmentId === segmentId);
    }
    waits.push(performance.now() - answered);
  }
  return waits.sort((a, b) => a - b);
}

export const wholeWay: Row = {
  name: 'whole-way',
  run: ({ rounds, sustainedMs }) =>
    inFolder(async (dir) => {
      const server = new ServerProcess({ dir });
      const reference = new MemoryPipeline(join(dir, 'reference.log'));
      try {
        const url = await server.listening;
        const admin = await AdminClient.login(server);
        const ids: string[] = [];
        for (let index = 0; index < 50; index++) ids.push((await admin.segment(`s${index}`, ruleOf(index))).id);
        const headers = { authorization: server.authorization };
        const job = {
          url,
          method: 'POST' as const,
          headers,
          paths: ['/v1/batch'],
          bodies: batchBodies(),
          people: PEOPLE,
        };
        let sent = 0;
        let events = 0;
        const push = async (durationMs: number, rate?: number) => {
          const pace = rate === undefined ? {} : { rate };
          const result = await generate({ ...job, connections: 32, from: sent, durationMs, ...pace });
          sent += result.requests * BATCH;
          events += result.requests * BATCH;
          return result.requests * BATCH;
        };
        await push(1_000);
        await settled(url);
        const before = residentMegabytes(server.pid);
        const results: { product: number; reference: number }[] = [];
        for (let round = 0; round < rounds; round++) {
          const started = performance.now();
          const count = await push(sustainedMs / rounds);
          await settled(url);
          const product = count / ((performance.now() - started) / 1_000);
          results.push({ product, reference: await referenceRate(reference) });
        }
        const after = residentMegabytes(server.pid);
        const rate = Math.min(...results.map(({ product }) => product));
        const half = push(sustainedMs / 4, rate / 2 / BATCH);
        const waits = await freshness(server, ids[0] as string, sustainedMs / 4);
        await half;
        events += waits.length;
        await settled(url);
        await server.stop();
        assertCounted('whole way', await countEvents(dir, server.demo.tenantId), events);
        const at = (part: number) => waits[Math.floor(waits.length * part)] ?? 0;
        const goal = { what: 'whole way with 50 live segments', unit: 'events/s', floor: 0.15, aim: 0.37 };
        const lines: Line[] = [rateLine(goal, results)];
        const growth = { what: `memory of it, ${Math.round(before)} MB before`, unit: 'MB', floor: 2_000, aim: 1_000 };
        lines.push({ ...absoluteLine(growth, [after], []), floor: 'flat', aim: 'flat', met: undefined });
        lines.push(
          absoluteLine({ what: 'freshness p95 at half of it', unit: 'ms', floor: 2_000, aim: 500 }, [at(0.95)], []),
        );
        lines.push(
          absoluteLine({ what: 'freshness p99 at half of it', unit: 'ms', floor: 2_000, aim: 500 }, [at(0.99)], []),
        );
        return lines;
      } finally {
        reference.close();
        await server.kill();
      }
    }),
};
