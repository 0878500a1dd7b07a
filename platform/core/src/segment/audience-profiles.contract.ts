import { describe, expect, it } from '@jest/globals';
import type { AudienceSubject } from './audience.contract.js';
import {
  all,
  CONTEXT,
  document,
  EVERYONE,
  fitting,
  NOW,
  numberOf,
  PRO,
  profileId,
  project,
} from './audience-samples.contract.js';

const DAY = 86_400_000;

export function describeAudienceProfiles(subject: AudienceSubject): void {
  describe('project', () => {
    it('makes documents countable, newer ones in place of older ones, in whatever order they come', async () => {
      const { audience } = subject;
      await project(audience, [document(1, { plan: 'pro' }), document(2, { plan: 'free' }), document(3)]);
      expect(await fitting(audience, PRO)).toEqual([1]);
      await project(audience, [
        document(1, { plan: 'free' }, { version: 5 }),
        document(1, { plan: 'pro' }, { version: 3 }),
        document(2, { plan: 'pro' }, { version: 2 }),
      ]);
      expect(await fitting(audience, PRO)).toEqual([2]);
      await project(audience, [document(1, { plan: 'pro' }, { version: 4 }), document(2, {}, { version: 2 })]);
      expect(await fitting(audience, PRO)).toEqual([2]);
      await subject.reopen();
      expect(await fitting(subject.audience, PRO)).toEqual([2]);
      await project(subject.audience, [document(1, { plan: 'pro' }, { version: 4 })]);
      expect(await fitting(subject.audience, PRO)).toEqual([2]);
    });

    it('leaves out profiles that are no longer active, and brings back one that is again', async () => {
      const { audience } = subject;
      await project(audience, [document(1), document(2), document(3)]);
      await project(audience, [
        document(1, {}, { version: 2, state: 'merged', mergedInto: profileId(3) }),
        document(2, {}, { version: 2, state: 'erased' }),
      ]);
      expect(await audience.count('acme', EVERYONE, CONTEXT, 9)).toEqual({
        count: 1,
        total: 1,
        sample: [profileId(3)],
      });
      expect(await all((page) => audience.find('acme', 'user-', page))).toEqual([profileId(3)]);
      await project(audience, [document(1, {}, { version: 3 })]);
      expect(await fitting(audience, EVERYONE)).toEqual([1, 3]);
    });

    it('takes traits of any names, shapes and numbers', async () => {
      const { audience } = subject;
      const odd = JSON.parse('{"__proto__":"p","constructor":"c","":"e","\\"; DROP TABLE profiles; --":"q","ünï":"u"}');
      const many = Object.fromEntries(Array.from({ length: 400 }, (_, number) => [`trait-${number}`, number]));
      await project(audience, [
        document(1, odd),
        document(2, many),
        document(3, { 'trait-399': 'text', odd: [[1], { x: '2' }] }),
      ]);
      for (const [trait, value] of Object.entries(odd))
        expect(await fitting(audience, { trait, op: 'eq', value: value as string })).toEqual([1]);
      for (const number of [0, 199, 200, 399])
        expect(await fitting(audience, { trait: `trait-${number}`, op: 'eq', value: number })).toEqual([2]);
      expect(await fitting(audience, { trait: 'trait-399', op: 'eq', value: 'text' })).toEqual([3]);
      expect(await fitting(audience, { trait: 'odd.x', op: 'eq', value: '2' })).toEqual([3]);
      await subject.reopen();
      expect(await fitting(subject.audience, { trait: 'trait-399', op: 'exists' })).toEqual([2, 3]);
    });

    it('knows up to where the documents of a partition are kept', async () => {
      const { audience } = subject;
      const atFirst = await audience.projectedPosition(3);
      // Where documents are durable before they are projected, all of them always are.
      if (atFirst === Number.POSITIVE_INFINITY) return;
      expect(atFirst).toBeUndefined();
      await audience.project('acme', [document(1)]);
      audience.reached({ partition: 3, next: 12 });
      audience.reached({ partition: 4, next: 2 });
      await audience.refresh('acme');
      expect(await audience.projectedPosition(3)).toBe(12);
      audience.reached({ partition: 3, next: 11 });
      await audience.refresh('acme');
      await subject.reopen();
      expect(await subject.audience.projectedPosition(3)).toBe(12);
      expect(await subject.audience.projectedPosition(4)).toBe(2);
      expect(await fitting(subject.audience, EVERYONE)).toEqual([1]);
    });

    it('keeps what is projected while it is written and read', async () => {
      const { audience } = subject;
      const batches = Array.from({ length: 30 }, (_, batch) =>
        Array.from({ length: 20 }, (__, number) => document(number, { batch }, { version: batch + 1 })),
      );
      await Promise.all(
        batches.map(async (batch) => {
          await audience.project('acme', batch);
          await audience.refresh('acme');
          await audience.count('acme', PRO, CONTEXT, 3);
        }),
      );
      expect(await fitting(audience, { trait: 'batch', op: 'eq', value: 29 })).toHaveLength(20);
      expect((await audience.count('acme', EVERYONE, CONTEXT, 0)).total).toBe(20);
    });
  });

  describe('count, search and find', () => {
    it('count all, and show at most the sample asked for', async () => {
      const { audience } = subject;
      await project(
        audience,
        [1, 2, 3, 4, 5].map((number) => document(number, { plan: number > 1 ? 'pro' : 'free' })),
      );
      const counted = await audience.count('acme', PRO, CONTEXT, 3);
      expect(counted).toMatchObject({ count: 4, total: 5 });
      expect(counted.sample).toHaveLength(3);
      for (const id of counted.sample) expect([2, 3, 4, 5]).toContain(numberOf(id));
      expect((await audience.count('acme', PRO, CONTEXT, 0)).sample).toEqual([]);
    });

    it('page in the order of ids while profiles come and go', async () => {
      const { audience } = subject;
      await project(
        audience,
        [1, 3, 5, 7].map((number) => document(number, { plan: 'pro' })),
      );
      const first = await audience.search('acme', PRO, CONTEXT, { limit: 2 });
      await project(audience, [
        document(2, { plan: 'pro' }),
        document(6, { plan: 'pro' }),
        document(5, {}, { version: 2 }),
      ]);
      const rest = await audience.search('acme', PRO, CONTEXT, { limit: 9, cursor: first.nextCursor ?? undefined });
      expect([first.items.map(numberOf), rest.items.map(numberOf)]).toEqual([
        [1, 3],
        [6, 7],
      ]);
    });

    it('find by any identifier and any text trait, without regard to case', async () => {
      const { audience } = subject;
      await project(audience, [
        document(1, { name: 'Zoë Ångström' }, { identifiers: [{ type: 'email', value: 'Zoe@Example.com' }] }),
        document(2, { tags: ['Gold', { inner: 'SILVER' }], age: 42 }),
        document(3, { name: '100%_\\' }),
      ]);
      const find = async (text: string) => (await all((page) => audience.find('acme', text, page))).map(numberOf);
      expect(await find('zoe@EXAMPLE')).toEqual([1]);
      expect(await find('ÅNGSTRÖM')).toEqual([1]);
      expect(await find('silver')).toEqual([2]);
      expect(await find('USER-')).toEqual([2, 3]);
      expect(await find('%_\\')).toEqual([3]);
      expect(await find('42')).toEqual([]);
      expect(await find("' OR ''='")).toEqual([]);
    });
  });

  describe('dueInstants', () => {
    it('are none later than the first change that time alone makes', async () => {
      const { audience } = subject;
      await project(audience, [
        document(1, { joined: new Date(NOW - DAY).toISOString() }),
        document(2, { joined: new Date(NOW - 40 * DAY).toISOString() }),
        document(3, { joined: [NOW + 5, 'never'] }),
        document(4, { joined: 'never' }),
      ]);
      const rule = { not: { trait: 'joined', op: 'withinLast', value: '30d' } } as const;
      const due = await all((page) => audience.dueInstants('acme', rule, CONTEXT, page), 1);
      expect(due.map(({ profileId: id, at }) => [numberOf(id), at])).toEqual([
        [1, NOW + 29 * DAY + 1],
        [3, NOW + 6],
      ]);
      expect(await audience.dueInstants('acme', PRO, CONTEXT, { limit: 5 })).toEqual({ items: [], nextCursor: null });
    });
  });
}
