import { fastify } from 'fastify';
import { open } from 'lmdb';

/**
 * The barest server that does what the door owes: parse, append, answer when it is on the disk. One value a group, and
 * one flush for all that came in during the flush before it.
 */
const root = open<Buffer, number>({ path: process.argv[2] as string, encoding: 'binary', noMemInit: true });
let pending: Buffer[] = [];
let flushing: Promise<void> | undefined;
let groups = 0;
let events = 0;

async function flush(): Promise<void> {
  await new Promise(setImmediate);
  const group = pending;
  pending = [];
  flushing = undefined;
  const committed = root.put(groups++, Buffer.concat(group));
  await Promise.all([committed, root.flushed]);
}

function append(values: readonly unknown[]): Promise<void> {
  for (const value of values) pending.push(Buffer.from(JSON.stringify(value)));
  events += values.length;
  flushing ??= flush();
  return flushing;
}

const app = fastify();
app.post('/v1/track', async ({ body }) => {
  await append([body]);
  return { success: true };
});
app.post('/v1/batch', async ({ body }) => {
  await append((body as { batch: unknown[] }).batch);
  return { success: true };
});
app.get('/count', async () => ({ events }));
process.send?.(await app.listen({ port: 0, host: '127.0.0.1' }));
