import { openTestTenancy, type TestTenancy } from '@cdp/adapters/sql/testing';
import { SystemClock } from '@cdp/core/kernel';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Client } from './testing/client.js';
import { startAdmin } from './testing/start-admin.js';

describe('the admin API of tenancy', () => {
  let on: TestTenancy;
  let app: NestFastifyApplication;
  let anyone: Client;
  let root: Client;

  beforeEach(async () => {
    on = await openTestTenancy();
    ({ app } = await startAdmin(on.tenancy, new SystemClock()));
    anyone = new Client(app);
    await on.tenancy.platform.ensureAdmin('admin@localhost', 'correct horse');
    root = await anyone.login('admin@localhost', 'correct horse');
  });

  afterEach(async () => {
    await app.close();
    await on.close();
  });

  const newTenant = async (name: string) => {
    const { body } = await root.post('/api/v1/tenants', { name, owner: { email: `owner@${name}.example` } });
    const owner = await anyone.login(body.owner.email, body.owner.temporaryPassword);
    return { id: body.id as string, owner };
  };

  const newUser = async (owner: Client, email: string, role: string) => {
    const { body } = await owner.post('/api/v1/users', { email, role });
    return { id: body.id as string, client: await anyone.login(email, body.temporaryPassword) };
  };

  it('logs in and says who one is, where', async () => {
    const login = await anyone.post('/api/v1/auth/login', { email: 'ADMIN@localhost', password: 'correct horse' });
    expect(login.status).toBe(200);
    expect(login.body.user).toMatchObject({ email: 'admin@localhost', memberships: [], platformAdmin: true });
    expect(Date.parse(login.body.expiresAt)).toBeGreaterThan(Date.now());
    const cookies = String(login.headers['set-cookie']);
    expect(cookies).toContain('cdp_session=');
    expect(cookies).toContain('HttpOnly; SameSite=Lax');
    expect(cookies).not.toContain('Secure');
    expect((await root.get('/api/v1/auth/me')).body.email).toBe('admin@localhost');
  });

  it('refuses a wrong password, an unknown account, and no or a made-up token alike', async () => {
    const wrong = await anyone.post('/api/v1/auth/login', { email: 'admin@localhost', password: 'wrong' });
    const unknown = await anyone.post('/api/v1/auth/login', { email: 'nobody@localhost', password: 'wrong' });
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(wrong.body).toEqual(unknown.body);
    expect((await anyone.get('/api/v1/apps')).status).toBe(401);
    const forged = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sid":"x"}').toString('base64url')}.`;
    expect((await anyone.with({ authorization: `Bearer ${forged}` }).get('/api/v1/auth/me')).status).toBe(401);
  });

  it('makes a tenant whose owner logs in by a temporary password and is told to change it', async () => {
    const made = await root.post('/api/v1/tenants', {
      name: 'shop',
      owner: { email: 'Ann@Shop.example', name: 'Ann' },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'shop', state: 'active', owner: { email: 'ann@shop.example' } });
    const { owner } = made.body;
    const login = await anyone.post('/api/v1/auth/login', { email: owner.email, password: owner.temporaryPassword });
    expect(login.body.user.mustChangePassword).toBe(true);
    expect(login.body.user.memberships).toEqual([{ tenantId: made.body.id, role: 'owner', personalData: false }]);
    const ann = anyone.with({ authorization: `Bearer ${login.body.accessToken}` });
    const change = { currentPassword: owner.temporaryPassword, newPassword: 'a much better one' };
    expect((await ann.post('/api/v1/auth/password', { ...change, currentPassword: 'x' })).status).toBe(400);
    expect((await ann.post('/api/v1/auth/password', { ...change, newPassword: 'short' })).status).toBe(400);
    expect((await ann.post('/api/v1/auth/password', change)).status).toBe(204);
    expect((await ann.get('/api/v1/auth/me')).body.mustChangePassword).toBe(false);
    expect(
      (await anyone.post('/api/v1/auth/login', { email: owner.email, password: owner.temporaryPassword })).status,
    ).toBe(401);
  });

  it('shows the secret of an app once, and it opens the door until it is rotated away', async () => {
    const { owner } = await newTenant('shop');
    const made = await owner.post('/api/v1/apps', {
      name: 'backend',
      kind: 'server',
      allowedIps: ['10.0.0.0/8'],
      expiresAt: '2030-01-01T00:00:00+02:00',
    });
    expect(made.status).toBe(201);
    const { id, appKey, secretKey } = made.body;
    const credentials = () => on.tenancy.directory.find(appKey);
    expect(credentials()?.holdsSecret(secretKey, Date.now())).toBe(true);
    expect(credentials()?.expiresAt).toBe(Date.parse('2029-12-31T22:00:00Z'));
    const shown = await owner.get(`/api/v1/apps/${id}`);
    expect(JSON.stringify(shown.body)).not.toContain(secretKey);
    expect(shown.body).toMatchObject({
      appKey,
      kind: 'server',
      allowedIps: ['10.0.0.0/8'],
      expiresAt: '2029-12-31T22:00:00.000Z',
    });

    const second = (await owner.post(`/api/v1/apps/${id}/rotate`)).body.secretKey;
    const both = [secretKey, second].map((secret) => credentials()?.holdsSecret(secret, Date.now()));
    expect(both).toEqual([true, true]);
    const third = (await owner.post(`/api/v1/apps/${id}/rotate`, { previousValidFor: '0s' })).body.secretKey;
    expect([secretKey, second, third].map((secret) => credentials()?.holdsSecret(secret, Date.now()))).toEqual([
      false,
      false,
      true,
    ]);

    expect((await owner.delete(`/api/v1/apps/${id}`)).status).toBe(204);
    expect(credentials()).toBeUndefined();
    expect((await owner.get(`/api/v1/apps/${id}`)).status).toBe(404);
  });

  it('names every field of a write that it does not know or that is wrong', async () => {
    const { owner } = await newTenant('shop');
    const answer = await owner.post('/api/v1/apps', {
      name: '',
      kind: 'robot',
      color: 'red',
      allowedIps: ['300.1.1.1'],
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map(({ path }: { path: string }) => path).sort()).toEqual([
      '',
      'allowedIps.0',
      'kind',
      'name',
    ]);
    expect(JSON.stringify(answer.body)).toContain('color');
  });

  it('keeps tenants apart: 403 for a tenant that is not one’s own, 404 for its things', async () => {
    const shop = await newTenant('shop');
    const bank = await newTenant('bank');
    const { body } = await bank.owner.post('/api/v1/apps', { name: 'a', kind: 'server' });
    const bankUser = (await bank.owner.get('/api/v1/users')).body.items[0];
    expect((await shop.owner.get('/api/v1/apps', { 'x-tenant-id': bank.id })).status).toBe(403);
    expect((await shop.owner.get('/api/v1/apps', { 'x-tenant-id': 'nothing' })).status).toBe(403);
    for (const path of [`/api/v1/apps/${body.id}`, `/api/v1/users/${bankUser.id}`, `/api/v1/tenants/${bank.id}`]) {
      expect((await shop.owner.get(path)).status).toBe(404);
      expect((await shop.owner.patch(path, { name: undefined })).status).toBe(404);
      expect([403, 404]).toContain((await shop.owner.delete(path)).status);
    }
    expect((await shop.owner.post(`/api/v1/apps/${body.id}/rotate`)).status).toBe(404);
    expect((await shop.owner.get('/api/v1/apps')).body.items).toEqual([]);
    expect((await root.get('/api/v1/apps', { 'x-tenant-id': bank.id })).body.items).toHaveLength(1);
    expect((await root.get('/api/v1/apps')).status).toBe(400);
    expect((await root.get('/api/v1/apps', { 'x-tenant-id': 'nothing' })).status).toBe(404);
  });

  it('lets each role do what it may and no more', async () => {
    const { id, owner } = await newTenant('shop');
    const admin = await newUser(owner, 'admin@shop.example', 'admin');
    const operator = await newUser(owner, 'operator@shop.example', 'operator');
    const analyst = await newUser(owner, 'analyst@shop.example', 'analyst');
    const app = { name: 'a', kind: 'server' };
    const statuses = await Promise.all(
      [owner, admin.client, operator.client, analyst.client].map(async (who) => [
        (await who.post('/api/v1/apps', app)).status,
        (await who.get('/api/v1/apps')).status,
        (await who.get('/api/v1/audit-log')).status,
        (await who.patch('/api/v1/settings', { timezone: 'Europe/Berlin' })).status,
        (await who.post('/api/v1/tenants', { name: 'x', owner: { email: 'x@x.example' } })).status,
        (await who.patch(`/api/v1/tenants/${id}`, { state: 'suspended' })).status,
      ]),
    );
    expect(statuses).toEqual([
      [201, 200, 200, 200, 403, 403],
      [201, 200, 200, 200, 403, 403],
      [403, 200, 403, 403, 403, 403],
      [403, 403, 403, 403, 403, 403],
    ]);
    const ownerId = (await owner.get('/api/v1/auth/me')).body.id;
    expect((await admin.client.post('/api/v1/users', { email: 'o@shop.example', role: 'owner' })).status).toBe(403);
    expect((await admin.client.patch(`/api/v1/users/${admin.id}`, { role: 'owner' })).status).toBe(403);
    expect((await admin.client.delete(`/api/v1/users/${ownerId}`)).status).toBe(403);
    expect((await admin.client.post(`/api/v1/users/${ownerId}/reset-password`)).status).toBe(403);
    expect((await owner.delete(`/api/v1/users/${ownerId}`)).status).toBe(409);
    expect((await owner.patch(`/api/v1/users/${ownerId}`, { role: 'admin' })).status).toBe(409);
    expect((await admin.client.patch(`/api/v1/users/${analyst.id}`, { personalData: true })).body.personalData).toBe(
      true,
    );
    expect((await owner.delete(`/api/v1/users/${operator.id}`)).status).toBe(204);
    expect((await operator.client.get('/api/v1/auth/me')).status).toBe(401);
  });

  it('does not let one tenant take over the account of another’s user', async () => {
    const shop = await newTenant('shop');
    const bank = await newTenant('bank');
    const bob = await newUser(shop.owner, 'bob@both.example', 'admin');
    const joined = await bank.owner.post('/api/v1/users', { email: 'bob@both.example', role: 'analyst' });
    expect(joined.body).toMatchObject({ id: bob.id, role: 'analyst', temporaryPassword: null });
    expect((await bank.owner.post('/api/v1/users', { email: 'bob@both.example', role: 'admin' })).status).toBe(409);
    expect((await bank.owner.post(`/api/v1/users/${bob.id}/reset-password`)).status).toBe(403);
    expect((await bob.client.get('/api/v1/apps')).status).toBe(400);
    expect((await bob.client.get('/api/v1/apps', { 'x-tenant-id': shop.id })).status).toBe(200);
    expect((await bob.client.get('/api/v1/apps', { 'x-tenant-id': bank.id })).status).toBe(403);
    expect((await bob.client.get('/api/v1/tenants')).body.items).toHaveLength(2);
  });

  it('suspends and deletes a tenant: its apps are refused, its people cannot change anything', async () => {
    const { id, owner } = await newTenant('shop');
    const { body } = await owner.post('/api/v1/apps', { name: 'a', kind: 'server' });
    const refusal = () => on.tenancy.directory.find(body.appKey)?.refusal(Date.now());
    expect(refusal()).toBeUndefined();
    expect((await root.patch(`/api/v1/tenants/${id}`, { state: 'suspended' })).body.state).toBe('suspended');
    expect(refusal()).toBe('suspended');
    expect((await owner.get('/api/v1/apps')).status).toBe(200);
    expect((await owner.post('/api/v1/apps', { name: 'b', kind: 'server' })).status).toBe(403);
    await root.patch(`/api/v1/tenants/${id}`, { state: 'active' });
    expect(refusal()).toBeUndefined();
    expect((await root.delete(`/api/v1/tenants/${id}`)).status).toBe(204);
    expect(on.tenancy.directory.find(body.appKey)).toBeUndefined();
    expect((await owner.get('/api/v1/apps')).status).toBe(401);
    expect((await root.get(`/api/v1/tenants/${id}`)).status).toBe(404);
    for (const table of ['apps', 'app_secrets', 'memberships', 'data_keys', 'audit_log'])
      expect(await on.db.select(`SELECT tenant_id FROM ${table} WHERE tenant_id = ?`, [id])).toEqual([]);
    const log = (await root.get('/api/v1/platform/audit-log?resource=Tenant')).body.items;
    expect(log.map(({ action }: { action: string }) => action)).toEqual(['erase', 'delete']);
  });

  it('writes down every change with who, before and after, and never a secret', async () => {
    const { owner } = await newTenant('shop');
    const { body } = await owner.post('/api/v1/apps', { name: 'a', kind: 'server' });
    await owner.patch(`/api/v1/apps/${body.id}`, { name: 'b' });
    await owner.post(`/api/v1/apps/${body.id}/rotate`);
    const { items } = (await owner.get(`/api/v1/audit-log?resource=App&resourceId=${body.id}`)).body;
    expect(items.map(({ action }: { action: string }) => action)).toEqual(['rotate', 'update', 'create']);
    expect(items[1]).toMatchObject({
      actor: { kind: 'user', email: 'owner@shop.example' },
      before: { name: 'a' },
      after: { name: 'b' },
    });
    const all = JSON.stringify(await on.db.select('SELECT * FROM audit_log'));
    for (const secret of ['cdp_sk_', 'argon2', 'v1.k']) expect(all).not.toContain(secret);
  });

  it('lists by pages and refuses a cursor of its own invention', async () => {
    const { owner } = await newTenant('shop');
    for (const name of ['a', 'b', 'c']) await owner.post('/api/v1/apps', { name, kind: 'public' });
    const first = (await owner.get('/api/v1/apps?limit=2')).body;
    const next = (await owner.get(`/api/v1/apps?limit=2&cursor=${first.nextCursor}`)).body;
    expect([...first.items, ...next.items].map(({ name }: { name: string }) => name)).toEqual(['a', 'b', 'c']);
    expect(next.nextCursor).toBeNull();
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'cursor=xyz'])
      expect((await owner.get(`/api/v1/apps?${query}`)).status).toBe(400);
  });

  it('changes only the version that was read', async () => {
    const { owner } = await newTenant('shop');
    const { id } = (await owner.post('/api/v1/apps', { name: 'a', kind: 'server' })).body;
    const { etag } = (await owner.get(`/api/v1/apps/${id}`)).headers;
    expect(etag).toBe('"1"');
    const changed = await owner.patch(`/api/v1/apps/${id}`, { name: 'b' }, { 'if-match': String(etag) });
    expect([changed.status, changed.headers.etag]).toEqual([200, '"2"']);
    expect((await owner.patch(`/api/v1/apps/${id}`, { name: 'c' }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await owner.patch(`/api/v1/apps/${id}`, { name: 'c' }, { 'if-match': 'nonsense' })).status).toBe(412);
    expect((await owner.patch(`/api/v1/apps/${id}`, { name: 'c' }, { 'if-match': '*' })).status).toBe(200);
  });
});
