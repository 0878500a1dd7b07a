import { createHmac, timingSafeEqual } from 'node:crypto';
import { fastify } from 'fastify';
import { open } from 'lmdb';

/** The barest doors for reading a document by key, and for a signed redirect that leaves a durable trace. */
const root = open<unknown, string>({ path: process.argv[2] as string, noMemInit: true });
const documents = root.openDB<object, string>({ name: 'documents' });
const clicks = root.openDB<string[], number>({ name: 'clicks' });
const people = Number(process.argv[3]);
await root.batch(() => {
  for (let person = 0; person < people; person++)
    void documents.put(`userId:user-${person}`, {
      id: person,
      traits: { email: `p${person}@example.com`, plan: 'pro' },
    });
});
const KEY = Buffer.alloc(32, 7);
const signature = (body: string) => createHmac('sha256', KEY).update(body).digest('base64url');
let pending: string[] = [];
let flushing: Promise<void> | undefined;
let groups = 0;
let followed = 0;

async function flush(): Promise<void> {
  await new Promise(setImmediate);
  const group = pending;
  pending = [];
  flushing = undefined;
  const committed = clicks.put(groups++, group);
  await Promise.all([committed, root.flushed]);
}

const app = fastify({ routerOptions: { maxParamLength: 4_096 } });
app.get<{ Querystring: { identifier: string } }>('/profile', async ({ query }) => documents.get(query.identifier));
app.get<{ Params: { token: string } }>('/t/c/:token', async ({ params }, reply) => {
  const [body = '', mac = ''] = params.token.split('.');
  const [given, right] = [Buffer.from(mac), Buffer.from(signature(body))];
  if (given.length !== right.length || !timingSafeEqual(given, right)) return reply.code(404).send();
  pending.push(body);
  followed++;
  flushing ??= flush();
  await flushing;
  return reply.redirect(Buffer.from(body, 'base64url').toString().split(' ')[1] as string, 302);
});
app.get('/count', async () => ({ followed }));
app.get('/token', async () => {
  const body = Buffer.from('message-1 https://shop.example/sale').toString('base64url');
  return { token: `${body}.${signature(body)}` };
});
process.send?.(await app.listen({ port: 0, host: '127.0.0.1' }));
