import { createHmac } from 'node:crypto';
import { ManualClock, SilentLogger } from '@cdp/core/kernel';
import { AppDirectory, MasterKeys, PLATFORM, SecretBox, TenancyFeed } from '@cdp/core/tenancy';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SqlDataKeyStore, SqlTenancyFeed } from './index.js';
import { openTestTenancy, type TestTenancy } from './testing/index.js';

describe('tenancy on SQL', () => {
  let clock: ManualClock;
  let on: TestTenancy;

  beforeEach(async () => {
    clock = new ManualClock(Date.parse('2026-06-01T12:00:00Z'));
    on = await openTestTenancy({ clock });
  });

  afterEach(() => on.close());

  const tenant = async (name = 'shop') => {
    const made = await on.tenancy.tenants.create({ name, owner: { email: `${name}@x.example` } }, PLATFORM);
    return { id: made.tenant.id, password: made.temporaryPassword as string };
  };

  describe('SecretBox', () => {
    const place = { table: 'channels', row: '1', field: 'password' };

    it('opens a secret in its place of its tenant alone', async () => {
      const { box } = on.tenancy;
      const [a, b] = [(await tenant('a')).id, (await tenant('b')).id];
      const sealed = await box.seal(a, place, 's3cret');
      expect(sealed).not.toContain('s3cret');
      expect(await box.open(a, place, sealed)).toBe('s3cret');
      await expect(box.open(b, place, sealed)).rejects.toThrow();
      await expect(box.open(a, { ...place, row: '2' }, sealed)).rejects.toThrow();
      await expect(box.open(a, { ...place, field: 'username' }, sealed)).rejects.toThrow();
      await expect(box.open(a, place, 'plain text')).rejects.toThrow('Not sealed');
    });

    it('opens what a former key of the tenant sealed, and reads keys that another process made', async () => {
      const { box } = on.tenancy;
      const { id } = await tenant();
      const before = await box.seal(id, place, 'old');
      const elsewhere = new SecretBox({ store: new SqlDataKeyStore(on.db), masters: on.tenancy.masters, clock });
      await elsewhere.rotate(id);
      const after = await elsewhere.seal(id, place, 'new');
      expect([await box.open(id, place, before), await box.open(id, place, after)]).toEqual(['old', 'new']);
    });

    it('goes over to another master key, after which the former one is not needed', async () => {
      const { id } = await tenant();
      const sealed = await on.tenancy.box.seal(id, place, 's');
      const [former, current] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)];
      const store = new SqlDataKeyStore(on.db);
      const changing = new SecretBox({ store, masters: new MasterKeys(current, [former]), clock });
      expect(await changing.rewrap()).toBe(1);
      expect(await changing.rewrap()).toBe(0);
      const after = new SecretBox({ store, masters: new MasterKeys(current), clock });
      expect(await after.open(id, place, sealed)).toBe('s');
      const without = new SecretBox({ store, masters: new MasterKeys(former), clock });
      await expect(without.open(id, place, sealed)).rejects.toThrow('master key');
    });

    it('opens nothing more of a tenant whose keys were destroyed', async () => {
      const { box } = on.tenancy;
      const { id } = await tenant();
      const sealed = await box.seal(id, place, 's');
      await box.destroy(id);
      await expect(box.open(id, place, sealed)).rejects.toThrow('gone');
    });
  });

  describe('AppDirectory', () => {
    it('knows at once what this process changed, and after a refresh what another did', async () => {
      const elsewhere = await openTestTenancy({ db: on.db, clock });
      const { id } = await tenant();
      const { app } = await on.tenancy.apps.create(id, { name: 'a', kind: 'public' }, PLATFORM);
      expect(on.tenancy.directory.find(app.appKey)?.tenantId).toBe(id);
      expect(elsewhere.tenancy.directory.find(app.appKey)).toBeUndefined();
      await elsewhere.tenancy.directory.refresh();
      const there = elsewhere.tenancy.directory.find(app.appKey);
      expect(there?.refusal(clock.now())).toBeUndefined();

      await on.tenancy.tenants.update(id, { state: 'suspended', settings: { timezone: 'Asia/Tokyo' } }, PLATFORM);
      await elsewhere.tenancy.directory.refresh();
      expect(there?.refusal(clock.now())).toBe('suspended');
      expect(elsewhere.tenancy.directory.settings(id).timezone).toBe('Asia/Tokyo');
      await on.tenancy.apps.remove(id, app.id, PLATFORM);
      await elsewhere.tenancy.directory.refresh();
      expect(elsewhere.tenancy.directory.find(app.appKey)).toBeUndefined();
      await elsewhere.close();
    });

    it('takes in a change made while it was reading', async () => {
      const { id } = await tenant();
      const feed = new SqlTenancyFeed(on.db);
      let changeNow: (() => Promise<unknown>) | undefined;
      class SlowFeed extends TenancyFeed {
        override async changes(position: number) {
          const changes = await feed.changes(position);
          const change = changeNow;
          changeNow = undefined;
          await change?.();
          return changes;
        }
      }
      const directory = new AppDirectory({
        feed: new SlowFeed(),
        box: on.tenancy.box,
        clock,
        logger: new SilentLogger(),
      });
      let asked: Promise<void> | undefined;
      let key = '';
      changeNow = async () => {
        key = (await on.tenancy.apps.create(id, { name: 'a', kind: 'public' }, PLATFORM)).app.appKey;
        asked = directory.refresh();
      };
      await directory.refresh();
      await asked;
      expect(directory.find(key)?.name).toBe('a');
    });

    it('goes on answering when the feed fails, and recovers', async () => {
      const { id } = await tenant();
      const { app } = await on.tenancy.apps.create(id, { name: 'a', kind: 'public' }, PLATFORM);
      let broken = false;
      class Feed extends TenancyFeed {
        override async changes(position: number) {
          if (broken) throw new Error('away');
          return new SqlTenancyFeed(on.db).changes(position);
        }
      }
      const directory = new AppDirectory({ feed: new Feed(), box: on.tenancy.box, clock, logger: new SilentLogger() });
      await directory.refresh();
      broken = true;
      await expect(directory.refresh()).rejects.toThrow('away');
      expect(directory.find(app.appKey)?.appId).toBe(app.id);
      broken = false;
      await on.tenancy.apps.remove(id, app.id, PLATFORM);
      await directory.refresh();
      expect(directory.find(app.appKey)).toBeUndefined();
    });

    it('checks secrets and signatures, for as long as each lives', async () => {
      const { id } = await tenant();
      const { app, secretKey } = await on.tenancy.apps.create(id, { name: 'a', kind: 'server' }, PLATFORM);
      const next = await on.tenancy.apps.rotate(id, app.id, 3_600_000, PLATFORM);
      const credentials = on.tenancy.directory.find(app.appKey);
      const signed = (secret: string) => createHmac('sha256', secret).update('message').digest('hex');
      const holds = () => [
        credentials?.holdsSecret(secretKey, clock.now()),
        credentials?.signed('message', signed(secretKey), clock.now()),
        credentials?.holdsSecret(next.secretKey, clock.now()),
        credentials?.signed('message', signed(next.secretKey), clock.now()),
      ];
      expect(holds()).toEqual([true, true, true, true]);
      clock.advance(3_600_000);
      expect(holds()).toEqual([false, false, true, true]);
      for (const [message, signature] of [
        ['other', signed(next.secretKey)],
        ['message', signed('guess')],
        ['message', signed(next.secretKey).slice(2)],
        ['message', 'not hexadecimal'],
      ] as const)
        expect(credentials?.signed(message, signature, clock.now())).toBe(false);
      expect(credentials?.holdsSecret('', clock.now())).toBe(false);
    });

    it('gives the app’s own limits before the tenant’s', async () => {
      const { id } = await tenant();
      const limits = { eventsPerSecond: 5, eventsPerDay: null };
      const { app } = await on.tenancy.apps.create(id, { name: 'a', kind: 'server', limits }, PLATFORM);
      const rates = { requestsPerSecond: 7, eventsPerSecond: 100, eventsPerDay: 1_000 };
      await on.tenancy.tenants.update(id, { settings: { rates } }, PLATFORM);
      expect(on.tenancy.directory.find(app.appKey)?.limits).toEqual({
        requestsPerSecond: 7,
        eventsPerSecond: 5,
        eventsPerDay: null,
      });
    });

    it('refuses an app after its end', async () => {
      const { id } = await tenant();
      const expiresAt = clock.now() + 1_000;
      const { app } = await on.tenancy.apps.create(id, { name: 'a', kind: 'server', expiresAt }, PLATFORM);
      expect(on.tenancy.directory.find(app.appKey)?.refusal(clock.now())).toBeUndefined();
      clock.advance(1_000);
      expect(on.tenancy.directory.find(app.appKey)?.refusal(clock.now())).toBe('expired');
    });
  });

  describe('logins', () => {
    const from = (address: string) => ({ email: 'shop@x.example', address });

    it('does not let one address lock a person out who logs in from another', async () => {
      const { password } = await tenant();
      for (let n = 0; n < 10; n++)
        await expect(on.tenancy.auth.login({ ...from('203.0.113.7'), password: 'guess' })).rejects.toThrow('wrong');
      await expect(on.tenancy.auth.login({ ...from('203.0.113.7'), password })).rejects.toMatchObject({
        code: 'over_quota',
        retryAfter: 900,
      });
      const { principal } = await on.tenancy.auth.login({ ...from('198.51.100.1'), password });
      expect(principal.account.email).toBe('shop@x.example');
    });

    it('lets no more attempts through at once than one after the other', async () => {
      await tenant();
      const guesses = Array.from({ length: 30 }, () =>
        on.tenancy.auth.login({ ...from('203.0.113.7'), password: 'guess' }),
      );
      const codes = (await Promise.allSettled(guesses)).map((one) => (one as PromiseRejectedResult).reason.code);
      expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(10);
      expect(codes.filter((code) => code === 'over_quota')).toHaveLength(20);
    });

    it('counts a network of IPv6 as one address', async () => {
      await tenant();
      for (let n = 0; n < 10; n++)
        await expect(on.tenancy.auth.login({ ...from(`2001:db8::${n}`), password: 'guess' })).rejects.toThrow('wrong');
      await expect(on.tenancy.auth.login({ ...from('2001:db8::ff'), password: 'guess' })).rejects.toThrow('Too many');
    });

    it('takes a temporary password for two weeks', async () => {
      const { password } = await tenant();
      clock.advance(14 * 86_400_000 + 1);
      await expect(on.tenancy.auth.login({ ...from('::1'), password })).rejects.toThrow('expired');
    });

    it('ends every other login when the password is changed', async () => {
      const { password } = await tenant();
      const [one, other] = [
        await on.tenancy.auth.login({ ...from('::1'), password }),
        await on.tenancy.auth.login({ ...from('::1'), password }),
      ];
      const actor = { kind: 'user' as const, id: one.principal.account.id, address: '::1' };
      await on.tenancy.auth.changePassword(one.principal, password, 'something much better', actor);
      expect(await on.tenancy.gate.principal(one.session.id)).toBeDefined();
      expect(await on.tenancy.gate.principal(other.session.id)).toBeUndefined();
    });
  });

  it('makes the first admin once, with a password that is told once', async () => {
    const { platform, auth } = on.tenancy;
    const first = await platform.ensureAdmin('Admin@Localhost');
    expect(first).toEqual({ created: true, password: expect.any(String) });
    expect(await platform.ensureAdmin('admin@localhost', 'another one')).toEqual({ created: false });
    const login = { email: 'admin@localhost', password: first.password as string, address: '::1' };
    expect((await auth.login(login)).principal.account).toMatchObject({ platformAdmin: true, passwordState: 'chosen' });
  });

  it('finishes at the next start an erasure that a store refused', async () => {
    const refusing = { name: 'profiles', refuses: true, erased: [] as string[] };
    const eraser = {
      name: refusing.name,
      erase: async (tenantId: string) => {
        if (refusing.refuses) throw new Error('away');
        refusing.erased.push(tenantId);
      },
    };
    const other = await openTestTenancy({ clock, erasers: [eraser] });
    const { tenant: made } = await other.tenancy.tenants.create(
      { name: 'x', owner: { email: 'x@x.example' } },
      PLATFORM,
    );
    await other.tenancy.tenants.remove(made.id, PLATFORM);
    expect((await other.tenancy.stores.tenants.unerased()).map(({ id }) => id)).toEqual([made.id]);
    refusing.refuses = false;
    await other.tenancy.start();
    expect(refusing.erased).toEqual([made.id]);
    expect(await other.tenancy.stores.tenants.unerased()).toEqual([]);
    await other.close();
  });

  it('leaves nothing of a tenant whose owner could not be made', async () => {
    const { tenants, stores } = on.tenancy;
    // All but those that find the account already made make it too, and one of them is first.
    const made = Array.from({ length: 8 }, () =>
      tenants.create({ name: 'twin', owner: { email: 'one@x.example' } }, PLATFORM),
    );
    const outcomes = await Promise.allSettled(made);
    const fulfilled = outcomes.filter(({ status }) => status === 'fulfilled');
    expect(fulfilled.length).toBeGreaterThan(0);
    expect(fulfilled.length).toBeLessThan(8);
    expect((await stores.tenants.list({ limit: 10 })).items).toHaveLength(fulfilled.length);
  });
});
