// Two processes on one database, at the same things at once.

import type { CampaignMessage, FannedOut } from '@cdp/core/campaign';
import { campaignOf, messageOf, runOf } from '@cdp/core/campaign/contract';
import { channelOf } from '@cdp/core/delivery/contract';
import { SystemClock, UuidIds } from '@cdp/core/kernel';
import { LoginThrottle } from '@cdp/core/tenancy';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  SqlCampaignStore,
  SqlChannelStore,
  SqlConsentStore,
  type SqlDatabase,
  SqlFailureCounter,
  SqlIdempotentRequests,
  SqlIdentityStore,
  SqlMessageStore,
  SqlOutboxStore,
  SqlUnitOfWork,
} from './index.js';
import { SqlInboxStore } from './sql-inbox-store.js';
import { mysqlHome } from './testing/mysql-home.js';

const NOW = 1_000;
const ids = new UuidIds(new SystemClock());

/** Numbers that look random and are the same in every run. */
function* dice(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state / 2_147_483_648;
  }
}

describe('two processes on one database', () => {
  let dbs: [SqlDatabase, SqlDatabase];
  const both = <T>(make: (db: SqlDatabase) => T): [T, T] => [make(dbs[0]), make(dbs[1])];

  beforeEach(async () => {
    const db = await mysqlHome.open();
    dbs = [db, await mysqlHome.openAnother(db)];
  });

  afterEach(async () => {
    await dbs[1].close();
    await dbs[0].close();
  });

  /** What other statements of this database are at, as long as it stays the same from one look to the next. */
  const stuck = async (): Promise<boolean> => {
    const look = () =>
      dbs[0].select(
        `SELECT id, info FROM information_schema.processlist
         WHERE db = DATABASE() AND info IS NOT NULL AND id <> CONNECTION_ID() ORDER BY id`,
      );
    const [before, after] = [await look(), await look()];
    return before.length > 0 && JSON.stringify(before) === JSON.stringify(after);
  };

  /** Runs `other` in the second process while `first` is done in the first one but not committed: until it ends, or waits. */
  const meanwhile = async <T>(first: () => Promise<unknown>, other: () => Promise<T>): Promise<T> => {
    let done = false;
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: inside, resolve: enter } = Promise.withResolvers<void>();
    const open = dbs[0].transaction(async () => {
      await first();
      enter();
      await released;
    });
    await inside;
    const result = other().finally(() => {
      done = true;
    });
    while (!done && !(await stuck()));
    release();
    await open;
    return result;
  };

  const link = (value: string, profileId: string) => ({ type: 'userId', value, profileId });
  const mergeOf = (loser: string, winner: string) => ({
    mergeId: `${loser}-${winner}`,
    loser,
    winner,
    at: 1,
    cause: '',
  });
  const ownersOf = async (store: SqlIdentityStore, ...values: string[]) =>
    Object.fromEntries(
      (
        await store.find(
          't',
          values.map((value) => ({ type: 'userId', value })),
        )
      ).map((one) => [one.value, one.profileId]),
    );

  it('give nothing to a profile that is being merged away', async () => {
    const [one, other] = both((db) => new SqlIdentityStore(db)) as [SqlIdentityStore, SqlIdentityStore];
    await one.commit('t', { links: [link('a', 'A'), link('b', 'B')], merges: [] });
    const claimed = await meanwhile(
      () => one.commit('t', { links: [], merges: [mergeOf('A', 'B')] }),
      () => other.commit('t', { links: [link('c', 'A')], merges: [] }),
    );
    expect(claimed).toBe(false);
    expect(await ownersOf(one, 'a', 'b', 'c')).toEqual({ a: 'B', b: 'B' });
  });

  it('take along what a profile is being given, and remember it', async () => {
    const [one, other] = both((db) => new SqlIdentityStore(db)) as [SqlIdentityStore, SqlIdentityStore];
    await one.commit('t', { links: [link('a', 'A'), link('b', 'B')], merges: [] });
    const merged = await meanwhile(
      () => one.commit('t', { links: [link('c', 'A')], merges: [] }),
      () => other.commit('t', { links: [], merges: [mergeOf('A', 'B')] }),
    );
    expect(merged).toBe(true);
    expect(await ownersOf(one, 'a', 'b', 'c')).toEqual({ a: 'B', b: 'B', c: 'B' });
    const moved = (await one.entry('t', 'A-B'))?.moved.map(({ value }) => value);
    expect(moved?.sort()).toEqual(['a', 'c']);
  });

  it('follow a chain of merges to its end', async () => {
    const [one, other] = both((db) => new SqlIdentityStore(db)) as [SqlIdentityStore, SqlIdentityStore];
    await one.commit('t', { links: [link('a', 'A'), link('b', 'B'), link('c', 'C')], merges: [] });
    const second = await meanwhile(
      () => one.commit('t', { links: [], merges: [mergeOf('A', 'B')] }),
      () => other.commit('t', { links: [], merges: [mergeOf('B', 'C')] }),
    );
    expect(second).toBe(true);
    expect(await ownersOf(one, 'a', 'b', 'c')).toEqual({ a: 'C', b: 'C', c: 'C' });
  });

  it('remember of an erased profile each identifier that is gone', async () => {
    const [one, other] = both((db) => new SqlIdentityStore(db)) as [SqlIdentityStore, SqlIdentityStore];
    await one.commit('t', { links: [link('a', 'A')], merges: [] });
    const erased = await meanwhile(
      () => one.commit('t', { links: [link('b', 'A')], merges: [] }),
      () => other.erase('t', 'A', NOW),
    );
    const left = await ownersOf(one, 'a', 'b');
    const gone = ['a', 'b'].filter((value) => !(value in left));
    expect(erased.map(({ value }) => value).sort()).toEqual(gone);
    expect((await one.erasedAt('t', erased)).size).toBe(gone.length);
  });

  it('give each identifier to one profile, and to one that is not merged away', async () => {
    const stores = both((db) => new SqlIdentityStore(db));
    const profiles = Array.from({ length: 12 }, (_, i) => `p${i}`);
    const named = profiles.map((profileId) => ({ type: 'email', value: `of-${profileId}`, profileId }));
    await stores[0].commit('t', { links: named, merges: [] });
    const worker = async (n: number) => {
      const store = stores[n % 2] as SqlIdentityStore;
      const roll = dice(n + 1);
      const any = () => profiles[Math.floor(roll.next().value * profiles.length)] as string;
      const claimed: string[] = [];
      for (let step = 0; step < 40; step++) {
        const [one, other] = [any(), any()];
        if (step % 10 === 9 && one !== other) {
          const merge = { mergeId: ids.next(), loser: one, winner: other, at: step, cause: 'test' };
          await store.commit('t', { links: [], merges: [merge] });
        } else {
          const value = `u${Math.floor(roll.next().value * 300)}`;
          if (await store.commit('t', { links: [{ type: 'userId', value, profileId: one }], merges: [] }))
            claimed.push(value);
        }
      }
      return claimed;
    };
    const claimed = (await Promise.all(Array.from({ length: 8 }, (_, n) => worker(n)))).flat();
    expect(new Set(claimed).size).toBe(claimed.length);
    const links = await stores[0].find(
      't',
      claimed.map((value) => ({ type: 'userId', value })),
    );
    expect(links).toHaveLength(claimed.length);
    const successors = await stores[0].successorsOf('t', profiles);
    expect(successors.size).toBeGreaterThan(3);
    for (const { profileId } of links) expect([...successors.keys()]).not.toContain(profileId);
    // What each merge says it moved is what an undoing gives back: together with the claims of winners, all that there is.
    const ledgers = await Promise.all(profiles.map((id) => stores[0].ledger('t', id, { limit: 100 })));
    const moved = ledgers.flatMap(({ items }) => items.flatMap((entry) => entry.moved.map(({ value }) => value)));
    for (const [loser] of successors) expect(moved).toContain(`of-${loser}`);
  });

  const queue = async (count: number): Promise<void> => {
    const campaigns = new SqlCampaignStore(dbs[0]);
    await new SqlChannelStore(dbs[0]).insert('t', channelOf('channel'));
    const scheduled = campaignOf('c', { state: 'scheduled', fireAt: 1 });
    await campaigns.insert('t', scheduled);
    await campaigns.fire('t', { ...scheduled, state: 'running', version: 2 }, 1, runOf('r', 'c'));
    await campaigns.lease('t', 'r', 'l', 0, NOW);
    await campaigns.setAudience('t', 'r', 'l', count, '{}');
    await campaigns.advance('t', runOf('r', 'c'), 'l', pageOf(0, count));
  };
  const pageOf = (from: number, count: number): FannedOut => ({
    from,
    position: from + count,
    cursor: `${from + count}`,
    last: false,
    messages: Array.from({ length: count }, (_, i) => messageOf(`m${from + i}`)),
    at: 100,
  });

  it('send each message once: a lease has one holder, and an expired one settles nothing', async () => {
    await queue(400);
    const outboxes = both((db) => new SqlOutboxStore(db, ids));
    const begun: string[] = [];
    const worker = async (n: number) => {
      const outbox = outboxes[n % 2] as SqlOutboxStore;
      for (let turn = 0; ; turn++) {
        const lease = `w${n}-${turn}`;
        const leased = await outbox.lease('t', 'channel', { lease, now: NOW, until: NOW + 100, limit: 17 });
        if (leased.length === 0) return;
        const ours = await outbox.begin(
          't',
          lease,
          leased.map(({ id }) => id),
          NOW,
        );
        begun.push(...ours);
        const settled = await outbox.settle('t', lease, ours.map(settlementOf), NOW);
        expect(settled.sort()).toEqual(ours.sort());
      }
    };
    await Promise.all(Array.from({ length: 6 }, (_, n) => worker(n)));
    expect(begun).toHaveLength(400);
    expect(new Set(begun).size).toBe(400);
    expect(await outboxes[0].nextDueAt('t', 'channel')).toBeUndefined();
  });

  it('let a lease that ran out be taken over, and refuse the one before', async () => {
    await queue(3);
    const [slow, quick] = both((db) => new SqlOutboxStore(db, ids)) as [SqlOutboxStore, SqlOutboxStore];
    const held = await slow.lease('t', 'channel', { lease: 'slow', now: NOW, until: NOW + 10, limit: 10 });
    expect(held).toHaveLength(3);
    expect(await quick.lease('t', 'channel', { lease: 'quick', now: NOW, until: NOW + 10, limit: 10 })).toEqual([]);
    const taken = await quick.lease('t', 'channel', { lease: 'quick', now: NOW + 11, until: NOW + 50, limit: 2 });
    expect(taken).toHaveLength(2);
    const all = held.map(({ id }) => id);
    const left = all.filter((id) => !taken.some((one) => one.id === id));
    expect(await slow.begin('t', 'slow', all, NOW + 12)).toEqual(left);
    expect(await slow.settle('t', 'slow', all.map(settlementOf), NOW + 12)).toEqual(left);
    expect(
      (
        await quick.settle(
          't',
          'quick',
          taken.map(({ id }) => settlementOf(id)),
          NOW + 13,
        )
      ).length,
    ).toBe(2);
  });

  it('fire a campaign once, and work on its run one at a time', async () => {
    const stores = both((db) => new SqlCampaignStore(db));
    const scheduled = campaignOf('c', { state: 'scheduled', fireAt: 1 });
    await stores[0].insert('t', scheduled);
    const running = { ...scheduled, state: 'running' as const, version: 2 };
    const fired = await Promise.all(
      Array.from({ length: 10 }, (_, n) => stores[n % 2]?.fire('t', running, 1, runOf(`r${n}`, 'c'))),
    );
    expect(fired.filter(Boolean)).toHaveLength(1);
    const [run] = await stores[0].runsOf('t', 'c');
    const leases = await Promise.all(
      Array.from({ length: 10 }, (_, n) => stores[n % 2]?.lease('t', run?.id ?? '', `w${n}`, NOW, NOW + 10)),
    );
    expect(leases.filter(Boolean)).toHaveLength(1);
    expect(await stores[1].lease('t', run?.id ?? '', 'later', NOW + 11, NOW + 20)).toBe(true);
    expect(await stores[0].setAudience('t', run?.id ?? '', `w${leases.indexOf(true)}`, 1, '{}')).toBe(false);
  });

  it('leave no message of a campaign waiting that was cancelled while it fanned out', async () => {
    await queue(50);
    const [one, other] = both((db) => new SqlCampaignStore(db)) as [SqlCampaignStore, SqlCampaignStore];
    const messages = new SqlMessageStore(dbs[1]);
    const cancel = async () => {
      const campaign = campaignOf('c', { state: 'cancelled', version: 3 });
      expect(await other.replace('t', campaign, 2)).toBe(true);
      while ((await messages.cancelWaiting('t', 'c', NOW, 30)) > 0);
    };
    await meanwhile(() => one.advance('t', runOf('r', 'c'), 'l', pageOf(50, 20)), cancel);
    expect(await one.advance('t', runOf('r', 'c'), 'l', pageOf(70, 20))).toBe(false);
    expect(await messages.counts('t', 'c')).toEqual([{ state: 'cancelled', people: 70, messages: 70 }]);
  });

  it('keep the later word of two who say something new at once', async () => {
    const stores = both((db) => new SqlConsentStore(db));
    for (let round = 0; round < 20; round++) {
      const word = (at: number) => ({
        profileId: `p${round}`,
        channel: 'email',
        topic: '',
        status: at === 2 ? ('denied' as const) : ('granted' as const),
        at,
        source: 'test',
      });
      await Promise.all([stores[0].record('t', [word(2)]), stores[1].record('t', [word(1)])]);
      expect(await stores[0].statementsOf('t', `p${round}`)).toEqual([word(2)]);
    }
  });

  it('let one of many equal requests go ahead', async () => {
    const stores = both((db) => new SqlIdempotentRequests(db));
    const times = { now: NOW, lockedUntil: NOW + 10, expiresAt: NOW + 100 };
    for (let round = 0; round < 10; round++) {
      const begun = await Promise.all(
        Array.from({ length: 12 }, (_, n) => stores[n % 2]?.begin('t', `d${round}`, 'f', times)),
      );
      expect(begun.filter((one) => one?.kind === 'new')).toHaveLength(1);
    }
  });

  it('count guesses of a password that are made at once', async () => {
    const throttles = both(
      (db) =>
        new LoginThrottle({
          counter: new SqlFailureCounter(db),
          unit: new SqlUnitOfWork(db),
          clock: new SystemClock(),
          limits: { pair: 5, address: 60, account: 100 },
        }),
    );
    const attempts = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) => throttles[n % 2]?.attempt('a@example.org', '203.0.113.7', false)),
    );
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    for (const attempt of attempts)
      if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'over_quota' });
  });

  it('number the changes of inboxes so that who follows them misses none', async () => {
    const stores = both((db) => new SqlInboxStore(db));
    const seen: number[] = [];
    let writing = true;
    const follow = async () => {
      for (let since = 0; ; ) {
        const last = !writing;
        const changes = await stores[1].changes('t', ['p0', 'p1'], since, 1_000);
        for (const { revision } of changes) seen.push(revision);
        since = changes.at(-1)?.revision ?? since;
        if (last && changes.length === 0) return;
      }
    };
    const write = async (n: number) => {
      for (let i = 0; i < 15; i++)
        await stores[n % 2]?.put('t', [
          {
            id: `${n}-${i}`,
            profileId: `p${n % 2}`,
            channel: 'in-app',
            content: {},
            sentAt: NOW,
            expiresAt: NOW * 2,
          },
        ]);
    };
    const following = follow();
    await Promise.all(Array.from({ length: 6 }, (_, n) => write(n)));
    writing = false;
    await following;
    expect(seen).toEqual(Array.from({ length: 90 }, (_, i) => i + 1));
  });
});

const settlementOf = (id: CampaignMessage['id']) => ({ id, state: 'sent' as const, attempted: true });
