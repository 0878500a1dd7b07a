import { createHmac, timingSafeEqual } from 'node:crypto';
import { fastify } from 'fastify';
import { open } from 'lmdb';

/**
 * The barest doors for two things, each with all that the product owes there and nothing else.
 *
 * A read: the caller's token (the signature of a JWT of one kind, checked once and then known, as a caller asks many times by
 * one token), the identifier to the id of its profile, the id to the document, the document as a page of JSON. The answers of
 * one turn of the event loop go out together at its end, which is faster by a third.
 *
 * A click: the signature of the link, and an event that says who followed what when, from where and with what, on the disk
 * before the answer. One value a group, and one flush for all that came in during the flush before it.
 */
const root = open<unknown, string>({ path: process.argv[2] as string, noMemInit: true });
const owners = root.openDB<string, string>({ name: 'owners', encoding: 'string' });
const documents = root.openDB<object, string>({ name: 'documents' });
const clicks = root.openDB<string[], number>({ name: 'clicks' });
const people = Number(process.argv[3]);
await root.batch(() => {
  for (let person = 0; person < people; person++) {
    const id = `01980000-0000-7000-8000-${String(person).padStart(12, '0')}`;
    const [userId, email] = [`user-${person}`, `p${person}@example.com`];
    void owners.put(`userId:${userId}`, id);
    void documents.put(id, {
      id,
      identifiers: [
        { type: 'userId', value: userId },
        { type: 'email', value: email },
      ],
      traits: { email, plan: 'pro', firstName: `Person ${person}`, number: person },
      aggregates: {},
      devices: [],
      consents: [],
      firstSeenAt: '2026-03-01T12:00:00.000Z',
      lastSeenAt: '2026-03-01T12:00:00.000Z',
      version: person,
    });
  }
});

const KEY = Buffer.alloc(32, 7);
const signature = (body: string) => createHmac('sha256', KEY).update(body).digest('base64url');
function isSigned(body: string, mac: string): boolean {
  const [given, right] = [Buffer.from(mac), Buffer.from(signature(body))];
  return given.length === right.length && timingSafeEqual(given, right);
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = `${base64url({ alg: 'HS256' })}.${base64url({ sid: 'session-1', exp: Date.now() / 1_000 + 86_400 })}`;
/** Tokens that were checked, with the end of each. */
const known = new Map<string, number>();
function isAllowed(authorization = ''): boolean {
  const end = known.get(authorization);
  if (end !== undefined) return end > Date.now();
  const [head = '', body = '', mac = ''] = authorization.slice('Bearer '.length).split('.');
  if (!isSigned(`${head}.${body}`, mac)) return false;
  const { exp } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { exp: number };
  known.set(authorization, exp * 1_000);
  return exp * 1_000 > Date.now();
}

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

let turn: Promise<void> | undefined;
function endOfTurn(): Promise<void> {
  turn ??= new Promise((resolve) =>
    setImmediate(() => {
      turn = undefined;
      resolve();
    }),
  );
  return turn;
}

const app = fastify({ routerOptions: { maxParamLength: 4_096 } });
app.get<{ Querystring: { identifier: string } }>('/profile', async ({ query, headers }, reply) => {
  if (!isAllowed(headers.authorization)) return reply.code(401).send();
  const owner = owners.get(query.identifier);
  const document = owner === undefined ? undefined : documents.get(owner);
  reply.header('content-type', 'application/json; charset=utf-8');
  await endOfTurn();
  return JSON.stringify({ items: document === undefined ? [] : [document], nextCursor: null });
});
app.get<{ Params: { token: string } }>('/t/c/:token', async ({ params, headers, ip }, reply) => {
  const [body = '', mac = ''] = params.token.split('.');
  if (!isSigned(body, mac)) return reply.code(404).send();
  const [message, url = ''] = Buffer.from(body, 'base64url').toString().split(' ');
  pending.push(JSON.stringify({ message, url, at: Date.now(), ip, userAgent: headers['user-agent'] }));
  followed++;
  flushing ??= flush();
  await flushing;
  return reply.redirect(url, 302);
});
app.get('/count', async () => ({ followed }));
app.get('/tokens', async () => {
  const body = Buffer.from('message-1 https://shop.example/sale').toString('base64url');
  return { caller: `${unsigned}.${signature(unsigned)}`, link: `${body}.${signature(body)}` };
});
process.send?.(await app.listen({ port: 0, host: '127.0.0.1' }));
