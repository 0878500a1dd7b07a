import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminClient } from '../builders/admin-client.js';
import { type OpenApiRoute, openApi } from '../builders/open-api-routes.js';
import { ServerProcess, settled } from '../builders/server-process.js';
import { type FurnishedTenant, furnish } from './furnished-tenant.js';
import { ask, type Headers } from './http.js';
import { OPEN_ROUTES, planOf } from './route-plans.js';

const { routes } = openApi();
const login = routes.filter(({ door }) => door === 'login');
/** Reads first: what an app writes of a message with the same id is its own tenant's from then on. */
const app = routes.filter(({ door }) => door === 'app').sort((one, other) => one.method.localeCompare(other.method));
const named = (list: OpenApiRoute[]): [string, OpenApiRoute][] =>
  list.map((route) => [`${route.method} ${route.path}`, route]);

/** They end logins of the caller's own. */
const ENDS_LOGIN = new Set(['auth_logout']);
/** They choose no tenant: who asks sees what is their own. */
const WITHOUT_TENANT = /^(auth|tenants)_|Platform$/;
/** They write nothing, though their method could. */
const READS_BY_POST = new Set(['segments_preview', 'profiles_search']);

let dir: string;
let server: ServerProcess;
let url: string;
let a: FurnishedTenant;
let b: FurnishedTenant;
let before: Record<string, string>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cdp-isolation-'));
  server = new ServerProcess({ dir });
  url = await server.listening;
  const { authorization } = (await AdminClient.login(server)).headers as { authorization: string };
  a = await furnish(server, { authorization }, 'a');
  b = await furnish(server, { authorization }, 'b');
  before = await seenBy(a.owner);
}, 120_000);
afterAll(async () => {
  await server.kill();
  await rm(dir, { recursive: true, force: true });
});

const planned = (route: OpenApiRoute) => {
  const plan = planOf(route, a);
  if (!plan)
    throw new Error(
      `${route.operationId} has no plan: tell in route-plans.ts how it is asked for another tenant's things.`,
    );
  return plan;
};

/** Everything that can be read of A, as it stands. */
async function seenBy(headers: Headers): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  for (const route of login) {
    if (route.method !== 'GET' || WITHOUT_TENANT.test(route.operationId)) continue;
    const { path } = planned(route);
    const { status, text } = await ask(url, 'GET', path, headers);
    seen[route.operationId] = `${status} ${text.replaceAll(/"asOf":"[^"]*"/g, '')}`;
  }
  return seen;
}

const hasNothingOfA = (text: string): void => {
  // The request may have been repeated in a message; what counts is what only A can tell.
  for (const secret of ['Segment ', 'Channel ', 'Template ', 'Campaign ', 'App ', 'Tenant ', 'Saw ', 'Hi '])
    expect(text).not.toContain(secret + a.canary);
  expect(text).not.toContain(a.profiles.winner);
};

describe('the plan of the isolation suite', () => {
  it('has a place for every route of the reference', () => {
    const without = routes.filter((route) =>
      route.door === 'open' ? !Object.hasOwn(OPEN_ROUTES, route.operationId) : planOf(route, a) === undefined,
    );
    expect(without.map(({ operationId }) => operationId)).toEqual([]);
  });

  it('asks for things that are there', () => {
    const told = Object.entries(before).filter(([, text]) => !text.startsWith('200'));
    expect(told).toEqual([]);
    for (const list of [
      'aggregates',
      'apps',
      'campaigns',
      'channels',
      'segments',
      'templates',
      'users',
      'profiles',
      'localInbox',
      'suppressions',
    ])
      expect(before[`${list}_list`]).toContain(a.canary);
    expect(before.consent_list).toContain(a.canary);
    expect(before.events_names).toContain(a.canary);
    expect(before.events_rejected).toContain(a.canary);
  });
});

describe('a user of another tenant', () => {
  it.each(named(login.filter(({ operationId }) => !ENDS_LOGIN.has(operationId))))(
    'is told nothing by %s',
    async (_, route) => {
      const { path, body, expect: wanted } = planned(route);
      const { status, text } = await ask(url, route.method, path, b.owner, body);
      expect(status).toBeLessThan(500);
      if (wanted === 'refused') expect([403, 404]).toContain(status);
      hasNothingOfA(text);
    },
  );

  it.each(named(login.filter(({ operationId }) => !WITHOUT_TENANT.test(operationId))))(
    'may not choose the tenant for %s',
    async (_, route) => {
      const { path, body } = planned(route);
      const { status, text } = await ask(url, route.method, path, { ...b.owner, 'x-tenant-id': a.tenantId }, body);
      expect({ status, text }).toMatchObject({ status: 403 });
      hasNothingOfA(text);
    },
  );
});

describe('somebody without a login', () => {
  it.each(named(login))('is not let in by %s', async (_, route) => {
    const { path, body } = planned(route);
    expect((await ask(url, route.method, path, {}, body)).status).toBe(401);
    const forged = `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sid":"x"}').toString('base64url')}.`;
    expect((await ask(url, route.method, path, { authorization: forged }, body)).status).toBe(401);
  });

  it.each(named(app))('is not let in without a key by %s', async (_, route) => {
    const { path, body } = planned(route);
    expect((await ask(url, route.method, path, {}, body)).status).toBe(401);
  });
});

describe('an analyst', () => {
  const ofTenant = login.filter(({ operationId }) => !WITHOUT_TENANT.test(operationId));
  const writes = ofTenant.filter(({ method, operationId }) => method !== 'GET' && !READS_BY_POST.has(operationId));

  it.each(named(writes))('may not write by %s', async (_, route) => {
    const { path, body } = planned(route);
    expect((await ask(url, route.method, path, a.analyst, body)).status).toBe(403);
  });

  it.each(named(ofTenant.filter((route) => !writes.includes(route))))(
    'sees nothing personal by %s',
    async (_, route) => {
      const { path, body } = planned(route);
      const { status, text } = await ask(url, route.method, path, a.analyst, body);
      expect([200, 403]).toContain(status);
      expect(text).not.toContain(a.personal);
    },
  );
});

describe('an app of another tenant', () => {
  it.each(named(app))('learns and changes nothing by %s', async (_, route) => {
    const { path, body, expect: wanted } = planned(route);
    const { status, text } = await ask(url, route.method, path, b.app, body);
    if (wanted === 'refused') expect([403, 404]).toContain(status);
    expect(status).toBeLessThan(500);
    hasNothingOfA(text);
  });
});

describe('a user of an app', () => {
  const inbox = app.filter(({ operationId }) => operationId.startsWith('inbox_'));
  const without = (path: string): string => path.replace(/\?userId=[^&]*/, '');

  it('sees the own inbox', async () => {
    const { text } = await ask(url, 'GET', '/v1/inbox', a.user(`kept-${a.canary}`));
    expect(text).toContain(a.personal);
  });

  it.each(named(inbox))(
    'of another tenant, who has the same id there, learns and changes nothing by %s',
    async (_, route) => {
      const { path, expect: wanted } = planned(route);
      for (const asked of [path, without(path)]) {
        const { status, text } = await ask(url, route.method, asked, b.user(`kept-${a.canary}`));
        expect(status).toBeLessThan(500);
        if (wanted === 'refused') expect(status).toBe(404);
        hasNothingOfA(text);
        expect(text).not.toContain(a.personal);
      }
    },
  );

  it.each(named(inbox))('of the same tenant learns and changes nothing of another user by %s', async (_, route) => {
    const { path, expect: wanted } = planned(route);
    const user = a.user(`winner-${a.canary}`);
    expect((await ask(url, route.method, path, user)).status).toBe(403);
    const own = await ask(url, route.method, without(path), user);
    if (wanted === 'refused') expect(own.status).toBe(404);
    expect(own.text).not.toContain(`kept-${a.personal}`);
  });
});

describe('after all that', () => {
  it('everything of the tenant is as it was', async () => {
    await settled(url);
    expect(await seenBy(a.owner)).toEqual(before);
  });

  it('so is the inbox of its person', async () => {
    const { text } = await ask(url, 'GET', '/v1/inbox', a.user(`kept-${a.canary}`));
    expect(JSON.parse(text)).toMatchObject({ unread: 1, items: [{ id: a.ids.inbox, readAt: null, clickedAt: null }] });
  });

  it('nothing of it is in what the other can read', async () => {
    for (const [operation, text] of Object.entries(await seenBy(b.owner))) {
      hasNothingOfA(text);
      expect(`${operation} ${text}`).not.toContain(a.ids.segments);
    }
  });
});
