import { describe, expect, it } from '@jest/globals';
import type { Rule } from './rule.js';
import type { Segment } from './segment.js';
import { circleThrough, conditionsWithin, dependentsOf, nestedIn } from './segment-graph.js';

const segments = (rules: Record<string, Rule>): Segment[] =>
  Object.entries(rules).map(([id, rule]) => ({ id, name: id.toUpperCase(), rule }) as Segment);

const nests = (...ids: string[]): Rule => ({
  any: [{ trait: 'a', op: 'exists' }, ...ids.map((segment) => ({ segment }))],
});

/** Each of the layers names the one below twice. */
const doubled = (layers: number): Segment[] =>
  segments(
    Object.fromEntries(
      Array.from({ length: layers }, (_, at) => [`s${at}`, at === 0 ? nests() : nests(`s${at - 1}`, `s${at - 1}`)]),
    ),
  );

describe('segments that nest segments', () => {
  it('are found in every part of a rule', () => {
    expect(nestedIn({ all: [{ not: { segment: 'a' } }, { any: [{ segment: 'b' }] }, { event: 'e' }] })).toEqual([
      'a',
      'b',
    ]);
  });

  it('are dependents at any depth, the nearest first, each once', () => {
    const all = segments({ a: nests(), b: nests('a'), c: nests('b', 'a'), d: nests('c'), e: nests() });
    expect(dependentsOf('a', all).map(({ id }) => id)).toEqual(['b', 'c', 'd']);
    expect(dependentsOf('d', all)).toEqual([]);
  });

  it('are refused where they lead back, by the names on the way', () => {
    const all = segments({ a: nests(), b: nests('a'), c: nests('b'), d: nests('a') });
    expect(circleThrough('a', nests('d', 'c'), all)).toEqual(['A', 'D', 'A']);
    expect(circleThrough('a', nests('a'), all)).toEqual(['A', 'A']);
    expect(circleThrough('b', nests('c'), all)).toEqual(['B', 'C', 'B']);
    expect(circleThrough('c', nests('a', 'b', 'd'), all)).toBeUndefined();
  });

  it('are counted with all that they nest, and looked through, however often they double', () => {
    const all = doubled(60);
    const rules = new Map(all.map(({ id, rule }) => [id, rule]));
    expect(conditionsWithin(nests(), rules)).toBe(1);
    expect(conditionsWithin(nests('s0'), rules)).toBe(2);
    expect(conditionsWithin(nests('s2', 's1'), rules)).toBe(1 + 7 + 3);
    expect(conditionsWithin(nests('s59'), rules)).toBe(2 ** 60);
    expect(circleThrough('other', nests('s59'), all)).toBeUndefined();
  });
});
