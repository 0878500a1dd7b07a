import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AudienceSubject } from './audience.contract.js';
import {
  all,
  buildOf,
  document,
  EVERYONE,
  membersOf,
  move,
  NOW,
  numberOf,
  PRO,
  profileId,
  project,
} from './audience-samples.contract.js';

export function describeAudienceMembers(subject: AudienceSubject): void {
  const changesOf = async (segmentId: string) =>
    (await all((page) => subject.audience.changes('acme', segmentId, page))).map(({ profileId: id, change, at }) => [
      numberOf(id),
      change,
      at,
    ]);

  describe('build', () => {
    it('makes the members those that fit, keeps since when the others are, and tells the differences', async () => {
      const { audience } = subject;
      await project(
        audience,
        [1, 2, 3, 4].map((number) => document(number, { plan: number < 4 ? 'pro' : 'free' })),
      );
      expect(await audience.build('acme', buildOf('s', PRO))).toEqual({ size: 3, entered: 3, exited: 0 });
      expect(await membersOf(audience, 's')).toEqual({ 1: NOW, 2: NOW, 3: NOW });
      expect(await changesOf('s')).toEqual([1, 2, 3].map((number) => [number, 'entered', NOW]));
      await project(audience, [
        document(1, { plan: 'free' }, { version: 2 }),
        document(2, {}, { version: 2, state: 'merged' }),
        document(4, { plan: 'pro' }, { version: 2 }),
      ]);
      expect(await audience.build('acme', buildOf('s', PRO, NOW + 9))).toEqual({ size: 2, entered: 1, exited: 2 });
      expect(await membersOf(audience, 's')).toEqual({ 3: NOW, 4: NOW + 9 });
      expect(await changesOf('s')).toEqual([
        [1, 'exited', NOW + 9],
        [2, 'exited', NOW + 9],
        [4, 'entered', NOW + 9],
      ]);
      await subject.reopen();
      expect(await changesOf('s')).toHaveLength(3);
      expect(await subject.audience.build('acme', buildOf('s', PRO, NOW + 10))).toEqual({
        size: 2,
        entered: 0,
        exited: 0,
      });
      expect(await changesOf('s')).toEqual([]);
    });

    it('keeps the differences through live changes until they are forgotten', async () => {
      const { audience } = subject;
      await project(audience, [document(1), document(2)]);
      await audience.build('acme', buildOf('s', EVERYONE));
      await audience.apply('acme', [move('s', 1, 'exited', NOW + 1), move('s', 3, 'entered', NOW + 2)]);
      const differences = [1, 2].map((number) => [number, 'entered', NOW]);
      expect(await changesOf('s')).toEqual(differences);
      await subject.reopen();
      expect(await changesOf('s')).toEqual(differences);
      await subject.audience.forgetChanges('acme', 's');
      expect(await changesOf('s')).toEqual([]);
      expect(await membersOf(subject.audience, 's')).toEqual({ 2: NOW, 3: NOW + 2 });
      await subject.audience.forgetChanges('acme', 'never-built');
    });

    it('is a swap to those who read meanwhile', async () => {
      const { audience } = subject;
      await project(
        audience,
        Array.from({ length: 500 }, (_, number) => document(number, { half: number % 2 })),
      );
      const halves = [0, 1].map((value) => ({ trait: 'half', op: 'eq', value }) as const);
      await audience.build('acme', buildOf('s', halves[0] ?? EVERYONE));
      let building = true;
      const readers = [1, 2].map(async () => {
        while (building) {
          const { items } = await audience.members('acme', 's', { limit: 1_000 });
          expect(items).toHaveLength(250);
          expect(new Set(items.map(({ profileId: id }) => numberOf(id) % 2)).size).toBe(1);
          expect(await audience.size('acme', 's')).toBe(250);
        }
      });
      for (let round = 1; round <= 6; round++)
        await audience.build('acme', buildOf('s', halves[round % 2] ?? EVERYONE));
      building = false;
      await Promise.all(readers);
    });

    it('leaves everything as it was when the rule cannot be answered', async () => {
      const { audience } = subject;
      await project(audience, [document(1)]);
      await audience.build('acme', buildOf('s', EVERYONE));
      await expect(audience.build('acme', buildOf('s', { segment: 'unknown' }))).rejects.toMatchObject({
        code: 'invalid',
      });
      expect(await membersOf(audience, 's')).toEqual({ 1: NOW });
      expect(await changesOf('s')).toHaveLength(1);
    });
  });

  describe('apply', () => {
    it('lets profiles enter and leave, each once, whatever comes again', async () => {
      const { audience } = subject;
      await audience.apply('acme', [
        move('s', 1, 'entered', 5),
        move('s', 2, 'entered', 6),
        move('t', 1, 'entered', 7),
      ]);
      await audience.apply('acme', [move('s', 1, 'entered', 8), move('s', 3, 'exited', 8), move('s', 2, 'exited', 9)]);
      expect(await membersOf(audience, 's')).toEqual({ 1: 5 });
      expect(await audience.size('acme', 's')).toBe(1);
      await audience.apply('acme', [
        move('s', 2, 'entered', 11),
        move('s', 1, 'exited', 12),
        move('s', 1, 'entered', 13),
      ]);
      await subject.reopen();
      expect(await membersOf(subject.audience, 's')).toEqual({ 1: 13, 2: 11 });
      const memberships = await subject.audience.membershipsOf('acme', [1, 2, 9].map(profileId).concat('nobody'), [
        't',
        's',
        'unknown',
      ]);
      expect(memberships).toEqual(
        new Map([
          [
            profileId(1),
            new Map([
              ['t', { since: 7 }],
              ['s', { since: 13 }],
            ]),
          ],
          [profileId(2), new Map([['s', { since: 11 }]])],
        ]),
      );
    });

    it('stays right over thousands of changes', async () => {
      const { audience } = subject;
      await project(
        audience,
        Array.from({ length: 50 }, (_, number) => document(number)),
      );
      await audience.build('acme', buildOf('s', EVERYONE));
      const expected = new Map(Array.from({ length: 50 }, (_, number) => [number, NOW]));
      let at = NOW;
      for (let batch = 0; batch < 24; batch++) {
        const moves = Array.from({ length: 2_500 }, (_, index) => {
          const number = (index * 7 + batch * 13) % 83;
          const enters = (index + batch) % 3 !== 0;
          at++;
          if (!enters) expected.delete(number);
          else if (!expected.has(number)) expected.set(number, at);
          return move('s', number, enters ? 'entered' : 'exited', at);
        });
        await audience.apply('acme', moves);
      }
      expect(await membersOf(audience, 's')).toEqual(Object.fromEntries(expected));
      expect(await audience.size('acme', 's')).toBe(expected.size);
      expect(await changesOf('s')).toHaveLength(50);
    });

    it('and builds may come in any order', async () => {
      let round = 0;
      const step = fc.record({
        kind: fc.constantFrom(
          'entered' as const,
          'exited' as const,
          'fits' as const,
          'build' as const,
          'reopen' as const,
        ),
        number: fc.nat(3),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const tenantId = `tenant-${round++}`;
          const fits = new Set<number>();
          const expected = new Map<number, number>();
          await project(
            subject.audience,
            [0, 1, 2, 3].map((number) => document(number)),
            tenantId,
          );
          for (const [index, { kind, number }] of steps.entries()) {
            const at = index + 1;
            if (kind === 'reopen') await subject.reopen();
            else if (kind === 'fits') {
              if (!fits.delete(number)) fits.add(number);
              const traits = fits.has(number) ? { plan: 'pro' } : {};
              await project(subject.audience, [document(number, traits, { version: at + 1 })], tenantId);
            } else if (kind === 'build') {
              const before = [...expected.keys()];
              for (const one of before) if (!fits.has(one)) expected.delete(one);
              for (const one of fits) if (!expected.has(one)) expected.set(one, at);
              const entered = [...fits].filter((one) => !before.includes(one)).length;
              const exited = before.filter((one) => !fits.has(one)).length;
              const built = await subject.audience.build(tenantId, buildOf('s', PRO, at));
              expect(built).toEqual({ size: fits.size, entered, exited });
            } else {
              if (kind === 'exited') expected.delete(number);
              else if (!expected.has(number)) expected.set(number, at);
              await subject.audience.apply(tenantId, [move('s', number, kind, at)]);
            }
          }
          expect(await membersOf(subject.audience, 's', tenantId)).toEqual(Object.fromEntries(expected));
        }),
        { numRuns: 15 },
      );
    });
  });

  describe('snapshot', () => {
    it('fixes the members under a name, whatever becomes of the segment', async () => {
      const { audience } = subject;
      await project(
        audience,
        [1, 2, 3].map((number) => document(number)),
      );
      await audience.build('acme', buildOf('s', EVERYONE));
      await audience.apply('acme', [move('s', 2, 'exited', NOW + 1), move('s', 9, 'entered', NOW + 1)]);
      expect(await audience.snapshot('acme', 's', 'run "1"')).toBe(3);
      await audience.apply('acme', [move('s', 1, 'exited', NOW + 2)]);
      expect(await audience.snapshot('acme', 's', 'run "1"')).toBe(3);
      await audience.deleteSegment('acme', 's');
      await subject.reopen();
      const members = await all((page) => subject.audience.snapshotMembers('acme', 'run "1"', page));
      expect(members.map(numberOf)).toEqual([1, 3, 9]);
      await subject.audience.dropSnapshot('acme', 'run "1"');
      expect(await subject.audience.snapshotMembers('acme', 'run "1"', { limit: 5 })).toEqual({
        items: [],
        nextCursor: null,
      });
      await subject.audience.dropSnapshot('acme', 'never');
      expect(await subject.audience.snapshot('acme', 'unknown', 'empty')).toBe(0);
    });
  });
}
