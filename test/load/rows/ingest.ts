import { fileURLToPath } from 'node:url';
import { metricOf, ServerProcess } from '../../builders/server-process.js';
import { generate } from '../harness/generate.js';
import type { GeneratorJob, GeneratorResult } from '../harness/generator-job.js';
import { ReferenceProcess } from '../harness/reference-process.js';
import { absoluteLine, alternate, assertCounted, type Line, median, type Row, rateLine } from '../harness/row.js';
import { inFolder } from '../harness/temporary-folder.js';

/** What shops send: a name, an id, some properties, some context. */
export const EVENT = JSON.stringify({
  messageId: 'load-{n}',
  type: 'track',
  userId: 'user-{n}',
  event: 'Product Viewed',
  timestamp: '2026-03-01T12:00:00.000Z',
  properties: { product_id: '507f1f77bcf86cd799439011', name: 'Monopoly: 3rd Edition', price: 18.99, quantity: 1 },
  context: { library: { name: 'load', version: '1.0.0' }, locale: 'en-US', page: { path: '/games', title: 'Games' } },
});
const BATCH = `{"batch":[${Array.from({ length: 100 }, () => EVENT).join(',')}]}`;

/** The door alone; what the pipeline behind it takes of the same process is part of the whole way. */
export const DOOR = fileURLToPath(new URL('../product/door.js', import.meta.url));

interface Sides {
  product: Side;
  reference: Side;
}

interface Side {
  job: Pick<GeneratorJob, 'url' | 'headers'>;
  counted: () => Promise<number>;
}

async function onBothSides<T>(work: (sides: Sides) => Promise<T>): Promise<T> {
  return inFolder((dir) =>
    inFolder(async (other) => {
      const server = new ServerProcess({ dir, main: DOOR });
      const bare = new ReferenceProcess('ingest-server', other);
      try {
        const url = await server.listening;
        const bareUrl = await bare.url;
        const headers = { 'content-type': 'application/json' };
        return await work({
          product: {
            job: { url, headers: { ...headers, authorization: server.authorization } },
            counted: async () => (await metricOf(url, 'cdp_ingest_events_accepted_total')) ?? 0,
          },
          reference: {
            job: { url: bareUrl, headers },
            counted: async () => ((await (await fetch(`${bareUrl}/count`)).json()) as { events: number }).events,
          },
        });
      } finally {
        await bare.stop();
        await server.kill();
      }
    }),
  );
}

let numbers = 0;

/** Sends, and answers only if the other side counted what was sent. */
async function send(
  { job, counted }: Side,
  size: number,
  how: Partial<GeneratorJob>,
): Promise<GeneratorResult & { rate: number }> {
  const before = await counted();
  const what = size === 1 ? { paths: ['/v1/track'], bodies: [EVENT] } : { paths: ['/v1/batch'], bodies: [BATCH] };
  const result = await generate({ ...job, ...what, method: 'POST', connections: 64, from: numbers, ...how });
  numbers += result.requests * size * 2;
  assertCounted('ingest', (await counted()) - before, result.requests * size);
  return { ...result, rate: (result.requests * size) / (result.elapsedMs / 1_000) };
}

export const ingest: Row = {
  name: 'ingest',
  run: ({ rounds, roundMs }) =>
    onBothSides(async ({ product, reference }) => {
      const lines: Line[] = [];
      const how = { durationMs: roundMs };
      const rate = (side: Side, size: number, connections: number) => async () =>
        (await send(side, size, { ...how, connections })).rate;
      const single = await alternate(rounds, rate(product, 1, 64), rate(reference, 1, 64));
      const goal = { what: 'ingest, single events, 64 connections', unit: 'events/s', floor: 0.55, aim: 0.8 };
      lines.push(rateLine(goal, single));
      const batches = await alternate(rounds, rate(product, 100, 16), rate(reference, 100, 16));
      const many = { what: 'ingest, batches of 100, 16 connections', unit: 'events/s', floor: 0.35, aim: 0.6 };
      lines.push(rateLine(many, batches));
      const half = median(single.map((round) => round.product)) / 2;
      const slow = { rate: half, durationMs: roundMs };
      const late = await alternate(
        rounds,
        async () => (await send(product, 1, slow)).p99,
        async () => (await send(reference, 1, slow)).p99,
      );
      const p99 = { what: 'accept p99 at half its rate, open loop', unit: 'ms', floor: 25, aim: 10 };
      const [ours, theirs] = [late.map((round) => round.product), late.map((round) => round.reference)];
      lines.push(absoluteLine(p99, ours, theirs));
      return lines;
    }),
};
