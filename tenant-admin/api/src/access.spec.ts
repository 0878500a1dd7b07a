import { openTestTenancy, type TestTenancy } from '@cdp/adapters/sql/testing';
import { ManualClock } from '@cdp/core/kernel';
import { MASK, type Member } from '@cdp/core/tenancy';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Caller, Can, CurrentCaller, CurrentUser, PersonalView, Public, type User } from './index.js';
import { Client } from './testing/client.js';
import { startAdmin, type TestSettings } from './testing/start-admin.js';

const PROFILE = {
  id: 'p1',
  identifiers: [
    { type: 'userId', value: '42' },
    { type: 'email', value: 'ann@example.org' },
  ],
  traits: { plan: 'pro', first_name: 'Ann', nested: { Phone: '123', city: 'Rome' }, name: null },
  devices: [{ token: 'abc', platform: 'ios' }],
};

@Controller('probe')
class ProbeController {
  constructor(private readonly view: PersonalView) {}

  @Public()
  @Get('open')
  open(): { ok: true } {
    return { ok: true };
  }

  @Can('read', 'Profile')
  @Get('profile')
  profile(@CurrentCaller() caller: Caller): object {
    return this.view.for(caller)(PROFILE);
  }

  @Can('create', 'Segment')
  @Post('segments')
  create(@CurrentCaller() caller: Caller): object {
    return { id: 's1', tenantId: caller.tenantId };
  }

  @Public()
  @Get('misuse')
  misuse(@CurrentUser() user: User): object {
    return user;
  }
}

@Controller('undeclared')
class UndeclaredController {
  @Get('route')
  route(): void {}
}

describe('access', () => {
  let clock: ManualClock;
  let on: TestTenancy;
  let app: NestFastifyApplication;
  let settings: TestSettings;
  let anyone: Client;
  let tenantId: string;
  let owner: { email: string; password: string };

  beforeEach(async () => {
    clock = new ManualClock(Date.parse('2026-06-01T12:00:00Z'));
    on = await openTestTenancy({ clock, loginLimits: { pair: 3, address: 8, account: 6 } });
    ({ app, settings } = await startAdmin(on.tenancy, clock, { controllers: [ProbeController] }));
    anyone = new Client(app);
    const made = await on.tenancy.tenants.create(
      { name: 'shop', owner: { email: 'owner@shop.example' } },
      { kind: 'platform', id: 'test' },
    );
    tenantId = made.tenant.id;
    owner = { email: 'owner@shop.example', password: made.temporaryPassword as string };
  });

  afterEach(async () => {
    await app.close();
    await on.close();
  });

  const sessionCookie = async (): Promise<string> => {
    const { headers } = await anyone.post('/api/v1/auth/login', owner);
    return String([headers['set-cookie']].flat()[0]).split(';')[0] as string;
  };

  it('fails the start when a route declares nothing, and names it', async () => {
    await expect(startAdmin(on.tenancy, clock, { controllers: [UndeclaredController] })).rejects.toThrow(
      'UndeclaredController.route',
    );
  });

  it('serves public routes to anyone, and hands no user to them', async () => {
    expect((await anyone.get('/probe/open')).body).toEqual({ ok: true });
    expect((await anyone.get('/probe/misuse')).status).toBe(500);
  });

  it('takes the cookie for reading, and for changes only from the console’s own origin', async () => {
    const browser = anyone.with({ cookie: `other=1; ${await sessionCookie()}` });
    expect((await browser.get('/probe/profile')).status).toBe(200);
    const change = (headers: Record<string, string>) =>
      browser.post('/probe/segments', {}, headers).then(({ status }) => status);
    expect(await change({})).toBe(403);
    expect(await change({ origin: 'https://evil.example' })).toBe(403);
    expect(await change({ origin: 'https://evil.example', 'x-requested-with': 'x' })).toBe(403);
    expect(await change({ origin: 'null' })).toBe(403);
    expect(await change({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await change({ origin: 'http://localhost:3000' })).toBe(201);
    expect(await change({ 'sec-fetch-site': 'same-origin' })).toBe(201);
    expect(await change({ 'x-requested-with': 'console' })).toBe(201);
  });

  it('names cookies so that no other host can set them, over https', async () => {
    const secure = await startAdmin(on.tenancy, clock, { publicUrl: 'https://cdp.example' });
    const { headers } = await new Client(secure.app).post('/api/v1/auth/login', owner);
    expect([headers['set-cookie']].flat()).toEqual([
      expect.stringMatching(/^__Host-cdp_session=.+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure$/),
      expect.stringMatching(/^__Host-cdp_device=.+; HttpOnly; SameSite=Lax; Secure$/),
    ]);
    await secure.app.close();
  });

  it('ends a login at its end, at logout, and when it is revoked', async () => {
    const first = await anyone.login(owner.email, owner.password);
    const second = await anyone.login(owner.email, owner.password);
    const third = await anyone.login(owner.email, owner.password);
    expect((await first.post('/api/v1/auth/logout')).status).toBe(204);
    expect((await first.get('/api/v1/auth/me')).status).toBe(401);
    const { items } = (await second.get('/api/v1/auth/sessions')).body;
    expect(items).toHaveLength(2);
    const other = items.find(({ current }: { current: boolean }) => !current);
    expect((await second.delete(`/api/v1/auth/sessions/${other.id}`)).status).toBe(204);
    expect((await third.get('/api/v1/auth/me')).status).toBe(401);
    clock.advance(12 * 3_600_000);
    expect((await second.get('/api/v1/auth/me')).status).toBe(401);
  });

  it('learns within two seconds what another process revoked', async () => {
    const client = await anyone.login(owner.email, owner.password);
    expect((await client.get('/api/v1/auth/me')).status).toBe(200);
    const elsewhere = await openTestTenancy({ db: on.db, clock });
    const session = (await on.db.selectOne<{ id: string }>('SELECT id FROM sessions')) as { id: string };
    const principal = await elsewhere.tenancy.gate.principal(session.id);
    await elsewhere.tenancy.auth.logout(principal as NonNullable<typeof principal>);
    clock.advance(2_000);
    expect((await client.get('/api/v1/auth/me')).status).toBe(401);
    await elsewhere.close();
  });

  it('masks personal data for an analyst until it is granted', async () => {
    const boss = await anyone.login(owner.email, owner.password);
    const { body } = await boss.post('/api/v1/users', { email: 'eye@shop.example', role: 'analyst' });
    const analyst = await anyone.login('eye@shop.example', body.temporaryPassword);
    expect((await boss.get('/probe/profile')).body).toEqual(PROFILE);
    expect((await analyst.get('/probe/profile')).body).toEqual({
      id: 'p1',
      identifiers: [
        { type: 'userId', value: '42' },
        { type: 'email', value: MASK },
      ],
      traits: { plan: 'pro', first_name: MASK, nested: { Phone: MASK, city: 'Rome' }, name: null },
      devices: [{ token: MASK, platform: 'ios' }],
    });
    await boss.patch('/api/v1/settings', { privacy: { identifierTypes: ['userId'], fields: ['city'] } });
    expect((await analyst.get('/probe/profile')).body.traits).toMatchObject({
      first_name: 'Ann',
      nested: { city: MASK },
    });
    await boss.patch(`/api/v1/users/${body.id}`, { personalData: true });
    expect((await analyst.get('/probe/profile')).body).toEqual(PROFILE);
  });

  it('writes to the audit log what the service behind a route does not', async () => {
    const boss = await anyone.login(owner.email, owner.password);
    await boss.post('/probe/segments', { name: 'big spenders', apiKey: 'hidden', nested: [{ password: 'x' }] });
    const { items } = (await boss.get('/api/v1/audit-log?resource=Segment')).body;
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      action: 'create',
      resourceId: 's1',
      before: null,
      after: { name: 'big spenders', apiKey: '[redacted]', nested: [{ password: '[redacted]' }] },
      actor: { email: owner.email, address: '127.0.0.1' },
    });
  });

  it('tells whoever mounts it who was let in', async () => {
    const boss = await anyone.login(owner.email, owner.password);
    settings.letInWas.length = 0;
    await boss.get('/probe/profile');
    await anyone.get('/probe/profile');
    expect(settings.letInWas.at(-1)).toMatchObject({ tenantId, role: 'owner', actor: { email: owner.email } });
    expect(settings.letInWas).toHaveLength(2);
  });

  it('slows guessing from an address, and lets a known browser in through it all', async () => {
    const guess = (headers = {}) =>
      anyone.post('/api/v1/auth/login', { email: owner.email, password: 'guess' }, headers);
    const login = await anyone.post('/api/v1/auth/login', owner);
    const device = String([login.headers['set-cookie']].flat()[1]).split(';')[0] as string;
    expect((await guess()).status).toBe(401);
    expect((await guess()).status).toBe(401);
    expect((await guess()).status).toBe(401);
    const refused = await guess();
    expect(refused.status).toBe(429);
    expect((await anyone.post('/api/v1/auth/login', owner)).status).toBe(429);
    clock.advance(15 * 60_000 + 1);
    expect((await guess()).status).toBe(401);
    expect((await anyone.post('/api/v1/auth/login', owner, { cookie: device })).status).toBe(200);
  });

  it('keeps the last owner also when two owners are removed at once', async () => {
    const boss = await anyone.login(owner.email, owner.password);
    await boss.post('/api/v1/users', { email: 'second@shop.example', role: 'owner' });
    const users: Member[] = (await on.tenancy.users.list(tenantId, { limit: 10 })).items;
    const removed = await Promise.all(users.map(({ accountId }) => boss.delete(`/api/v1/users/${accountId}`)));
    expect(removed.map(({ status }) => status).filter((status) => status === 204)).toHaveLength(1);
    expect(await on.tenancy.stores.memberships.count(tenantId, 'owner')).toBe(1);
  });
});
