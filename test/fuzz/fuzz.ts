import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { AdminClient } from '../builders/admin-client.js';
import { openApi } from '../builders/open-api-routes.js';
import { ADMIN_PASSWORD, metricOf, type ServerProcess, settled } from '../builders/server-process.js';
import { userToken } from '../builders/user-token.js';
import { type FuzzAnswer, faultOf } from './check-answer.js';
import { Stuck, UnderWay } from './diagnosis.js';
import { furnishInbox } from './furnish-inbox.js';
import { HarvestedIds } from './known-ids.js';
import { Random } from './random.js';
import { type Credentials, type FuzzRequest, RandomRequests } from './random-request.js';
import { sendBytes, wireAttacks } from './wire-attacks.js';

export interface FuzzOptions {
  server: ServerProcess;
  seed: number;
  requests: number;
  /** Kept up to date with what the run is at. */
  underWay?: UnderWay;
}

export interface FuzzReport {
  seed: number;
  sent: number;
  /** How many answers there were of each status; `cut` where a body that was too large was cut off instead. */
  statuses: Record<string, number>;
  /** What went wrong, each with the request. */
  faults: string[];
  /** Resident memory in bytes, after a tenth of the run and after all of it. */
  memory: { warm: number; after: number };
}

const AT_ONCE = 16;
/** Far beyond what any answer takes; an answer that is not there by then never comes. */
const PATIENCE_MS = 30_000;
/** The smallest bound of a body: a larger one is refused unread, so that it may be cut off on its way. */
const MAX_BODY_BYTES = 2_000_000;
/** More than these say nothing new. */
const MAX_FAULTS = 25;

/** Sends random requests to a platform and tells what was wrong with its answers. */
export async function fuzz({ server, seed, requests, underWay = new UnderWay() }: FuzzOptions): Promise<FuzzReport> {
  const url = await server.listening;
  const random = new Random(seed);
  const known = new HarvestedIds(random);
  const source = new RandomRequests({ random, known, ...openApi(), credentials: await credentialsFor(server, known) });
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const report: FuzzReport = { seed, sent: 0, statuses: {}, faults: [], memory: { warm: 0, after: 0 } };
  const blame = (request: string, fault: string): void => {
    if (report.faults.length < MAX_FAULTS) report.faults.push(`${request}: ${fault}`);
  };

  let unanswered = 0;
  const run = async (upTo: number): Promise<void> => {
    const one = async (): Promise<void> => {
      while (report.sent < upTo) {
        underWay.step = `${report.sent++} requests of ${requests} were sent`;
        const request = source.next();
        const answered = underWay.begin(shown(request));
        try {
          const answer = await send(agent, url, request);
          if (!answer) {
            report.statuses.cut = (report.statuses.cut ?? 0) + 1;
            continue;
          }
          report.statuses[answer.status] = (report.statuses[answer.status] ?? 0) + 1;
          const fault = faultOf(request.method, answer);
          if (fault !== undefined) blame(shown(request), `${fault}: ${answer.body.slice(0, 300)}`);
          else if (
            answer.body !== '' &&
            answer.status < 300 &&
            String(answer.headers['content-type']).startsWith('application/json')
          )
            known.harvest(request.path, answer.body);
        } catch (error) {
          blame(shown(request), String(error));
          if (server.exitCode !== null) throw new Error(`The server died of ${shown(request)}.\n${server.lastLines}`);
          // Each further request would only wait as long: what they wait for does not come.
          if (error instanceof NoAnswer && ++unanswered >= AT_ONCE)
            throw new Stuck(`${unanswered} requests had no answer:\n${report.faults.join('\n')}`);
        } finally {
          answered();
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  };

  await run(Math.ceil(requests / 10));
  report.memory.warm = await residentMemory(url);
  await run(requests);
  agent.destroy();

  const { host, port } = new URL(url);
  for (const { name, bytes } of wireAttacks(host, server.authorization)) {
    report.sent++;
    underWay.step = `the bytes of "${name}" were sent`;
    const answer = await sendBytes(Number(port), bytes, PATIENCE_MS);
    const [head = '', rest = ''] = answer.split('\r\n\r\n');
    // Whatever the framing: a problem is one JSON object.
    const body = /\{.*\}/s.exec(rest)?.[0] ?? rest;
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
    const type = /^content-type: (.*)$/im.exec(head)?.[1];
    // Node itself answers a request without a host, and says no more than that.
    const fault =
      status >= 400 && name !== 'no host'
        ? faultOf('GET', { status, headers: { 'content-type': type }, body })
        : undefined;
    if (fault !== undefined) blame(name, `${fault}: ${answer.slice(0, 300)}`);
  }
  underWay.step = 'waits until what was accepted is handled';
  await settled(url);
  underWay.step = 'looks at the memory';
  report.memory.after = await residentMemory(url);
  return report;
}

const FUZZ_USER = 'fuzz-user';

/** A tenant of its own to play havoc in, as its owner and as the platform's admin; and the apps of it and of the demo. */
async function credentialsFor(server: ServerProcess, known: HarvestedIds): Promise<Credentials> {
  const url = await server.listening;
  const admin = await AdminClient.login(server);
  const owner = 'fuzz-owner@example.com';
  const tenant = await admin.post<{ id: string; owner: { temporaryPassword: string } }>('/tenants', {
    name: 'Fuzz',
    owner: { email: owner },
  });
  const asAdmin = { ...admin.headers, 'x-tenant-id': tenant.id };
  const call = async <T>(path: string, body: unknown, headers: Record<string, string> = asAdmin): Promise<T> => {
    const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
    const answer = await fetch(`${url}${path}`, { ...init, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const login = async (email: string, password: string): Promise<Record<string, string>> => {
    const { accessToken } = await call<{ accessToken: string }>('/api/v1/auth/login', { email, password }, {});
    return { authorization: `Bearer ${accessToken}` };
  };
  const app = await call<{ id: string; appKey: string; secretKey: string }>('/api/v1/apps', {
    name: 'Fuzz',
    kind: 'server',
  });
  const basic = `Basic ${Buffer.from(`${app.appKey}:${app.secretKey}`).toString('base64')}`;
  known.protect(app.id);
  const segment = await call<{ id: string }>('/api/v1/segments', {
    name: 'All',
    rule: { not: { trait: 'no', op: 'exists' } },
  });
  known.add('segments', segment.id);
  const aggregate = { name: 'often', event: 'x', measure: 'count', within: { last: '30d' } };
  known.add('aggregates', (await call<{ id: string }>('/api/v1/aggregates', aggregate)).id);
  known.add('aggregate', aggregate.name);
  const mail = { channel: 'email', name: 'Mail', config: { provider: 'local', from: 'fuzz@example.com' } };
  known.add('channels', (await call<{ id: string }>('/api/v1/channels', mail)).id);
  const template = {
    channel: 'email',
    name: 'Mail',
    content: { subject: 'Hi {{ profile.traits.name }}', html: '<p>Hi</p>' },
  };
  known.add('templates', (await call<{ id: string }>('/api/v1/templates', template)).id);
  known.add('inbox', await furnishInbox(url, call, { authorization: basic }, FUZZ_USER));
  const user = { authorization: `Bearer ${userToken(app, FUZZ_USER)}` };
  return {
    login: [asAdmin, asAdmin, asAdmin, await login(owner, tenant.owner.temporaryPassword)],
    app: [{ authorization: server.authorization }, { authorization: basic }, { authorization: basic }, user],
    spare: await login('admin@localhost', ADMIN_PASSWORD),
  };
}

class NoAnswer extends Error {}

/** Undefined: the body was too large, and the connection was closed upon it before the answer could be read. */
function send(
  agent: Agent,
  url: string,
  { method, path, headers, body }: FuzzRequest,
): Promise<FuzzAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const length = body ? { 'content-length': String(body.length) } : {};
    const request = httpRequest({ agent, hostname, port, method, path, headers: { ...headers, ...length } });
    const timer = setTimeout(
      () => request.destroy(new NoAnswer(`There was no answer within ${PATIENCE_MS} ms`)),
      PATIENCE_MS,
    );
    request.once('error', (error) => {
      const cut = body && body.length > MAX_BODY_BYTES && /ECONNRESET|EPIPE/.test(String(error));
      if (cut) resolve(undefined);
      else reject(error);
    });
    request.once('close', () => clearTimeout(timer));
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      const end = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        });
      // A tail has no end.
      if (response.headers['content-type']?.startsWith('text/event-stream')) {
        end();
        request.destroy();
        return;
      }
      response
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .once('end', end)
        .once('error', reject);
    });
    request.end(body);
  });
}

/** The lowest of some looks: what waits to be collected is no growth. */
async function residentMemory(url: string): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 5; look++) {
    lowest = Math.min(lowest, (await metricOf(url, 'process_resident_memory_bytes')) ?? 0);
    await delay(200);
  }
  return lowest;
}

const shown = ({ name, method, path, headers, body }: FuzzRequest): string => {
  const { authorization: _, ...others } = headers;
  const sent = body ? ` body(${body.length}) ${body.toString('utf8', 0, 400)}` : '';
  return `[${name}] ${method} ${path.slice(0, 300)} ${JSON.stringify(others).slice(0, 300)}${sent}`;
};
