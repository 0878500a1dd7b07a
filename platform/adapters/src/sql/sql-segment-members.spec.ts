import { ManualClock, type Page, type PageRequest, UuidIds } from '@cdp/core/kernel';
import type { MembershipChange } from '@cdp/core/profile';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SqlDatabase } from './database.js';
import { SqlSegmentMembers } from './sql-segment-members.js';
import { openTestDatabase } from './testing/index.js';

const DAY = 86_400_000;
const T = 'acme';

const open = (db: SqlDatabase) => new SqlSegmentMembers(db, new UuidIds(new ManualClock(0)));

const move = (
  profileId: string,
  change: MembershipChange['change'],
  at: number,
  segmentId = 's',
): MembershipChange => ({ segmentId, profileId, change, at });

async function* pages(...lists: readonly string[][]): AsyncGenerator<readonly string[]> {
  yield* lists;
}

async function all<T>(read: (page: PageRequest) => Promise<Page<T>>, limit = 2): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read({ limit, cursor });
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

const membersOf = async (members: SqlSegmentMembers, segmentId = 's', tenantId = T) =>
  Object.fromEntries(
    (await all((page) => members.members(tenantId, segmentId, page))).map(({ profileId, since }) => [profileId, since]),
  );

const changesOf = async (members: SqlSegmentMembers, segmentId = 's') =>
  (await all((page) => members.changes(T, segmentId, page))).map(({ profileId, change, at }) => [
    profileId,
    change,
    at,
  ]);

async function* failing(...ids: string[]): AsyncGenerator<readonly string[]> {
  yield ids;
  throw new Error('the engine went away');
}

describe('the members of segments in tables', () => {
  it('leave the members as they were where a build fails, and make the next one whole', async () => {
    await using db = await openTestDatabase();
    const members = open(db);
    const many = Array.from({ length: 3_000 }, (_, number) => `p${String(number).padStart(5, '0')}`);
    expect(await members.build(T, { segmentId: 's', at: 10 }, pages(['a', 'b'], ['c']))).toEqual({
      size: 3,
      entered: 3,
      exited: 0,
    });
    await expect(members.build(T, { segmentId: 's', at: 20 }, failing('b', ...many))).rejects.toThrow('went away');
    expect(await membersOf(members)).toEqual({ a: 10, b: 10, c: 10 });
    expect(await members.size(T, 's')).toBe(3);
    await members.apply(T, [move('p00001', 'entered', 25), move('b', 'exited', 26)]);
    expect(await members.build(T, { segmentId: 's', at: 30 }, pages(['b', 'c', 'p00001']))).toEqual({
      size: 3,
      entered: 1,
      exited: 1,
    });
    expect(await membersOf(members)).toEqual({ b: 30, c: 10, p00001: 25 });
    expect(await changesOf(members)).toEqual([
      ['a', 'exited', 30],
      ['b', 'entered', 30],
    ]);
  });

  it('count what was told live while a build was made, as of a later instant', async () => {
    await using db = await openTestDatabase();
    const members = open(db);
    await members.build(T, { segmentId: 's', at: 10 }, pages(['a', 'b', 'c']));
    async function* fitting(): AsyncGenerator<readonly string[]> {
      yield Array.from({ length: 2_500 }, (_, number) => `aa${number}`).sort();
      await members.apply(T, [
        move('aa7', 'exited', 21),
        move('b', 'exited', 21),
        move('b', 'entered', 22),
        move('c', 'exited', 21),
        move('d', 'entered', 21),
      ]);
      yield ['c'];
    }
    await members.build(T, { segmentId: 's', at: 20 }, fitting());
    const after = await membersOf(members);
    // `a` left by the build; what was told of `aa7`, `b` and `d` is newer than it.
    expect([after.a, after.aa7, after.aa8, after.b, after.c, after.d]).toEqual([
      undefined,
      undefined,
      20,
      22,
      undefined,
      21,
    ]);
    expect(await members.size(T, 's')).toBe(2_499 + 2);
  });

  it('let what is told live at the very instant of a build that stands have the last word', async () => {
    await using db = await openTestDatabase();
    const members = open(db);
    await members.build(T, { segmentId: 's', at: 10 }, pages(['a', 'b']));
    await members.apply(T, [move('a', 'exited', 10), move('b', 'entered', 10), move('c', 'entered', 10)]);
    expect(await membersOf(members)).toEqual({ b: 10, c: 10 });
    expect(await changesOf(members)).toHaveLength(2);
    await members.build(T, { segmentId: 's', at: 10 }, pages(['a', 'c']));
    expect(await membersOf(members)).toEqual({ a: 10, c: 10 });
  });

  it('are not changed by what comes late or again', async () => {
    await using db = await openTestDatabase();
    const members = open(db);
    const told = [move('a', 'entered', 5), move('a', 'exited', 9), move('a', 'entered', 11), move('b', 'exited', 12)];
    await members.apply(T, told);
    await members.apply(T, told);
    await members.apply(T, [move('b', 'entered', 11), move('a', 'exited', 10)]);
    expect(await membersOf(members)).toEqual({ a: 11 });
  });

  it('let one of two builds of a segment stand', async () => {
    await using db = await openTestDatabase();
    const members = open(db);
    async function* overtaken(): AsyncGenerator<readonly string[]> {
      yield ['a'];
      await members.build(T, { segmentId: 's', at: 11 }, pages(['b']));
    }
    await expect(members.build(T, { segmentId: 's', at: 10 }, overtaken())).rejects.toMatchObject({ code: 'conflict' });
    expect(await membersOf(members)).toEqual({ b: 11 });
  });

  it('are rid of who is erased, also where a build saw the profile before that', async () => {
    await using db = await openTestDatabase();
    const members = open(db);
    await members.build(T, { segmentId: 's', at: 10 }, pages(['a', 'b']));
    await members.build(T, { segmentId: 't', at: 10 }, pages(['a', 'b']));
    async function* fitting(): AsyncGenerator<readonly string[]> {
      yield ['b', 'c', 'd'];
      await members.erase(T, 'b');
      await members.erase(T, 'c');
      await members.apply(T, [move('c', 'entered', 25)]);
    }
    await members.build(T, { segmentId: 's', at: 20 }, fitting());
    expect(await membersOf(members)).toEqual({ d: 20 });
    expect(await membersOf(members, 't')).toEqual({ a: 10 });
    expect(await changesOf(members)).toEqual([
      ['a', 'exited', 20],
      ['d', 'entered', 20],
    ]);
    await members.build(T, { segmentId: 's', at: 30 }, pages(['d']));
    await members.build(T, { segmentId: 's', at: 2 * DAY }, pages(['d']));
    const rows = await db.select<{ profile_id: string }>(
      "SELECT profile_id FROM segment_members WHERE segment_id = 's'",
    );
    expect(rows.map((row) => row.profile_id)).toEqual(['d']);
  });

  it('keep no row of those who left long ago', async () => {
    await using db = await openTestDatabase();
    const members = open(db);
    await members.build(T, { segmentId: 's', at: DAY }, pages(['a', 'b', 'c']));
    await members.build(T, { segmentId: 's', at: 2 * DAY }, pages(['b']));
    await members.apply(T, [move('d', 'entered', 2 * DAY), move('d', 'exited', 2 * DAY + 1)]);
    await members.build(T, { segmentId: 's', at: 4 * DAY }, pages(['b', 'c']));
    const rows = await db.select<{ profile_id: string }>('SELECT profile_id FROM segment_members ORDER BY profile_id');
    expect(rows.map((row) => row.profile_id)).toEqual(['b', 'c']);
    expect(await changesOf(members)).toEqual([['c', 'entered', 4 * DAY]]);
  });

  it('are fixed by a snapshot between builds, though its first try was interrupted', async () => {
    await using db = await openTestDatabase();
    const members = open(db);
    const ids = Array.from({ length: 12_001 }, (_, number) => `p${String(number).padStart(6, '0')}`);
    await members.build(T, { segmentId: 's', at: 10 }, pages(ids));
    await db.insertRows('segment_snapshots', ['tenant_id', 'id', 'name'], [[T, 'left', 'run']]);
    await db.insertRows('segment_snapshot_members', ['tenant_id', 'snapshot_id', 'profile_id'], [[T, 'left', 'x']]);
    expect(await members.snapshotMembers(T, 'run', { limit: 5 })).toEqual({ items: [], nextCursor: null });
    expect(await members.snapshot(T, 's', 'run')).toBe(12_001);
    await members.build(T, { segmentId: 's', at: 20 }, pages(['a']));
    expect(await members.snapshot(T, 's', 'run')).toBe(12_001);
    expect(await all((page) => members.snapshotMembers(T, 'run', page), 5_000)).toEqual(ids);
    await members.erase(T, 'p000001');
    expect((await members.snapshotMembers(T, 'run', { limit: 2 })).items).toEqual(['p000000', 'p000002']);
    await members.dropSnapshot(T, 'run');
    expect(await db.select('SELECT * FROM segment_snapshot_members')).toEqual([]);
  });

  it('are a tenant’s own', async () => {
    await using db = await openTestDatabase();
    const members = open(db);
    for (const [index, tenantId] of ['acme', 'Acme', 'other'].entries()) {
      await members.build(tenantId, { segmentId: 's', at: index + 1 }, pages(['a', tenantId].sort()));
      await members.snapshot(tenantId, 's', 'run');
    }
    await members.erase('Acme', 'a');
    await members.deleteTenant('other');
    await members.deleteSegment('nobody', 's');
    expect(await membersOf(members, 's', 'acme')).toEqual({ a: 1, acme: 1 });
    expect(await membersOf(members, 's', 'Acme')).toEqual({ Acme: 2 });
    expect(await membersOf(members, 's', 'other')).toEqual({});
    expect(await members.snapshotMembers('other', 'run', { limit: 5 })).toMatchObject({ items: [] });
    expect(await members.membershipsOf('Acme', ['a', 'Acme'], ['s'])).toEqual(
      new Map([['Acme', new Map([['s', { since: 2 }]])]]),
    );
    await members.deleteSegment('acme', 's');
    expect(await members.size('acme', 's')).toBe(0);
    expect(await members.build('acme', { segmentId: 's', at: 9 }, pages(['b']))).toMatchObject({ size: 1 });
    expect(await changesOf(members)).toEqual([['b', 'entered', 9]]);
  });

  it('are as told, whatever order of changes, builds, failed builds and forgetting', async () => {
    await using db = await openTestDatabase();
    const members = open(db);
    let round = 0;
    const step = fc.record({
      kind: fc.constantFrom(
        'entered' as const,
        'exited' as const,
        'build' as const,
        'fail' as const,
        'forget' as const,
      ),
      profile: fc.constantFrom('a', 'b', 'c'),
      fits: fc.subarray(['a', 'b', 'c']),
      later: fc.nat(1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const segmentId = `s${round++}`;
        const expected = new Map<string, number>();
        let differences: unknown[] = [];
        let at = 1;
        for (const { kind, profile, fits, later } of steps) {
          at += later;
          if (kind === 'build') {
            const before = [...expected.keys()];
            const left = before.filter((one) => !fits.includes(one));
            const came = fits.filter((one) => !expected.has(one));
            for (const one of left) expected.delete(one);
            for (const one of came) expected.set(one, at);
            expect(await members.build(T, { segmentId, at }, pages(fits))).toEqual({
              size: fits.length,
              entered: came.length,
              exited: left.length,
            });
            differences = [
              ...left.map((one) => [one, 'exited', at]),
              ...came.map((one) => [one, 'entered', at]),
            ].sort();
          } else if (kind === 'fail') {
            await members.forgetChanges(T, segmentId);
            differences = [];
            await expect(members.build(T, { segmentId, at }, failing(...fits))).rejects.toThrow('went away');
          } else if (kind === 'forget') {
            await members.forgetChanges(T, segmentId);
            differences = [];
          } else {
            if (kind === 'exited') expected.delete(profile);
            else if (!expected.has(profile)) expected.set(profile, at);
            await members.apply(T, [move(profile, kind, at, segmentId)]);
          }
          expect(await membersOf(members, segmentId)).toEqual(Object.fromEntries(expected));
          expect(await changesOf(members, segmentId)).toEqual(differences);
        }
      }),
      { numRuns: 40 },
    );
  });
});
