import { openTestTenancy, type TestTenancy } from '@cdp/adapters/sql/testing';
import { CdpError, ManualClock } from '@cdp/core/kernel';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, HttpCode, Post, Put } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Can, ChangesVersion, RequiredIfMatch, requireVersion } from './index.js';
import { Client } from './testing/client.js';
import { startAdmin } from './testing/start-admin.js';

let done = 0;
let failure: Error | undefined;
let gate: { pass(): Promise<void> } = { pass: async () => {} };

@Controller('probe')
class ProbeController {
  @Can('create', 'Segment')
  @Post('count')
  @HttpCode(202)
  async count(): Promise<{ done: number }> {
    await gate.pass();
    if (failure) throw failure;
    return { done: ++done };
  }

  @Can('create', 'Segment')
  @Post('silent')
  @HttpCode(204)
  silent(): void {
    done++;
  }

  @Can('update', 'Segment')
  @Put('version')
  @ChangesVersion({ required: true })
  version(@RequiredIfMatch() expected: number | undefined): { version: number } {
    requireVersion(7, expected);
    return { version: 8 };
  }
}

describe('requests', () => {
  let clock: ManualClock;
  let on: TestTenancy;
  let app: NestFastifyApplication;
  let owner: Client;
  let other: Client;

  beforeEach(async () => {
    done = 0;
    failure = undefined;
    gate = { pass: async () => {} };
    clock = new ManualClock(Date.parse('2026-06-01T12:00:00Z'));
    on = await openTestTenancy({ clock });
    ({ app } = await startAdmin(on.tenancy, clock, { controllers: [ProbeController] }));
    const logins = ['shop', 'bank'].map(async (name) => {
      const by = { kind: 'platform' as const, id: 'test' };
      const made = await on.tenancy.tenants.create({ name, owner: { email: `${name}@x.example` } }, by);
      return new Client(app).login(`${name}@x.example`, made.temporaryPassword as string);
    });
    [owner, other] = (await Promise.all(logins)) as [Client, Client];
  });

  afterEach(async () => {
    await app.close();
    await on.close();
  });

  const key = { 'idempotency-key': 'k1' };

  it('does a write once and answers a repetition alike', async () => {
    const first = await owner.post('/probe/count', { a: 1, b: [2] }, key);
    const again = await owner.post('/probe/count', { b: [2], a: 1 }, key);
    expect([first.status, first.body]).toEqual([202, { done: 1 }]);
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([202, { done: 1 }, 'true']);
    expect((await owner.post('/probe/count', { a: 1, b: [2] })).body).toEqual({ done: 2 });
    expect((await other.post('/probe/count', { a: 1, b: [2] }, key)).body).toEqual({ done: 3 });
  });

  it('repeats an answer without a body', async () => {
    expect((await owner.post('/probe/silent', {}, key)).status).toBe(204);
    expect((await owner.post('/probe/silent', {}, key)).status).toBe(204);
    expect(done).toBe(1);
  });

  it('refuses the key for another request', async () => {
    await owner.post('/probe/count', { a: 1 }, key);
    expect((await owner.post('/probe/count', { a: 2 }, key)).status).toBe(409);
    expect((await owner.post('/probe/silent', { a: 1 }, key)).status).toBe(409);
    expect((await owner.post('/probe/count', {}, { 'idempotency-key': 'x'.repeat(256) })).status).toBe(400);
  });

  it('answers 409 while the first is under way, so that it is not done twice', async () => {
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    gate = {
      pass: () => {
        enter();
        return released;
      },
    };
    const first = owner.post('/probe/count', {}, key);
    await entered;
    expect((await owner.post('/probe/count', {}, key)).status).toBe(409);
    release();
    expect((await first).body).toEqual({ done: 1 });
  });

  it('lets a refused request be mended under the same key', async () => {
    failure = new CdpError('conflict', 'not now');
    expect((await owner.post('/probe/count', {}, key)).status).toBe(409);
    failure = undefined;
    expect((await owner.post('/probe/count', { mended: true }, key)).body).toEqual({ done: 1 });
  });

  it('forgets after a day', async () => {
    await owner.post('/probe/count', {}, key);
    clock.advance(86_400_000);
    const logged = await new Client(app).post('/api/v1/auth/login', { email: 'shop@x.example', password: 'x' });
    expect(logged.status).toBe(401);
    await on.tenancy.purge();
    expect(await on.db.select('SELECT digest FROM idempotent_requests WHERE expires_at < ?', [clock.now()])).toEqual(
      [],
    );
  });

  it('keeps answers sealed, for they may hold a secret that is shown once', async () => {
    const made = await owner.post('/api/v1/apps', { name: 'a', kind: 'server' }, key);
    const again = await owner.post('/api/v1/apps', { name: 'a', kind: 'server' }, key);
    expect(again.body).toEqual(made.body);
    const kept = JSON.stringify(await on.db.select('SELECT * FROM idempotent_requests'));
    expect(kept).not.toContain(made.body.secretKey);
    expect((await owner.get('/api/v1/apps')).body.items).toHaveLength(1);
  });

  it('asks for If-Match where it is required, and compares it', async () => {
    expect((await owner.ask('PUT', '/probe/version', {})).status).toBe(428);
    expect((await owner.ask('PUT', '/probe/version', {}, { 'if-match': '"6"' })).status).toBe(412);
    const changed = await owner.ask('PUT', '/probe/version', {}, { 'if-match': 'W/"7"' });
    expect([changed.status, changed.headers.etag]).toEqual([200, '"8"']);
  });
});
