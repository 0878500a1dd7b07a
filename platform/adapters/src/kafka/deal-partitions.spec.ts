import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type DealtMember, dealPartitions } from './deal-partitions.js';

const member = (id: string, ...owned: number[]): DealtMember => ({ id, owned, generation: 1 });

/** Deals until nothing moves any more, as a group does: each gives up what it was not dealt and asks again. */
function settle(members: readonly DealtMember[], partitions: number): DealtMember[] {
  let now = members;
  for (let generation = 2; ; generation++) {
    const dealt = dealPartitions(now, partitions);
    const after = now.map(({ id }) => ({ id, owned: dealt.get(id) ?? [], generation }));
    const same = after.every(({ owned }, index) => `${owned}` === `${now[index]?.owned}`);
    now = after;
    if (same) return after;
    if (generation > 10) throw new Error('does not come to rest');
  }
}

const groups = fc.integer({ min: 1, max: 24 }).chain((partitions) =>
  fc.record({
    partitions: fc.constant(partitions),
    members: fc
      .uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 })
      .chain((ids) =>
        fc
          .array(fc.integer({ min: -1, max: ids.length - 1 }), { minLength: partitions, maxLength: partitions })
          .map((owners) =>
            ids.map((id, index) =>
              member(id, ...owners.flatMap((owner, partition) => (owner === index ? [partition] : []))),
            ),
          ),
      ),
  }),
);

describe('dealing partitions', () => {
  it('never gives one to two, nor to another than its owner before that has given it up', () => {
    fc.assert(
      fc.property(groups, ({ members, partitions }) => {
        const dealt = dealPartitions(members, partitions);
        const all = [...dealt.values()].flat();
        expect(new Set(all).size).toBe(all.length);
        for (const { id, owned } of members)
          for (const partition of owned)
            for (const [other, of] of dealt) if (other !== id) expect(of).not.toContain(partition);
      }),
    );
  });

  it('comes to rest with every partition dealt, and nobody more than one ahead', () => {
    fc.assert(
      fc.property(groups, ({ members, partitions }) => {
        const counts = settle(members, partitions).map(({ owned }) => owned.length);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(partitions);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('moves no more than the newcomer needs', () => {
    const dealt = dealPartitions([member('a', 0, 1, 2), member('b', 3, 4, 5), member('c')], 6);
    expect([...dealt.values()].map(({ length }) => length)).toEqual([2, 2, 0]);
  });

  it('believes the later of two who claim a partition', () => {
    const stale = { id: 'a', owned: [0], generation: 3 };
    const owner = { id: 'b', owned: [0, 1], generation: 7 };
    expect(dealPartitions([stale, owner], 2).get('a')).toEqual([]);
  });
});
