import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ProfileEvent } from '../inbound/index.js';
import { type AggregateDefinition, type AggregateState, UNIQUE_LIMIT } from './aggregate.js';
import { countBetween, numbersBetween, uniqueBetween } from './aggregate-figure.js';
import { applyEvent, emptyState, fillFromHistory } from './aggregate-state.js';
import { addExact, compareExact, type ExactInteger, microsOf } from './exact-sum.js';

const REACH = 64_000;
const NOW = 10_000_000;

const event = (timestamp: number, value: number | string = 1, name = 'Bought'): ProfileEvent => ({
  messageId: `${timestamp}`,
  type: 'track',
  name,
  timestamp,
  receivedAt: timestamp,
  properties: { value },
  context: {},
  source: 'app',
});

const define = (measure: AggregateDefinition['measure'], reachMs?: number): AggregateDefinition => ({
  key: 'k',
  eventName: 'Bought',
  measure,
  matches: () => true,
  ...(measure === 'numbers'
    ? { valuesOf: ({ properties }) => [properties.value].filter((value) => typeof value === 'number') }
    : measure === 'distinct'
      ? { valuesOf: ({ properties }) => [JSON.stringify(properties.value)] }
      : {}),
  ...(reachMs === undefined ? {} : { reachMs }),
});

const all = (state: AggregateState): number => countBetween(state, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);

describe('the state of an aggregate', () => {
  it('keeps events in the order of their time, whatever the order of arrival', () => {
    const state = fillFromHistory(
      define('numbers', REACH),
      [5, 1, 3, 3, 2].map((ago) => event(NOW - ago, ago)),
      NOW,
    );
    expect(state).toEqual({ times: [5, 3, 3, 2, 1].map((ago) => NOW - ago), values: [5, 3, 3, 2, 1] });
    expect(countBetween(state, NOW - 3, NOW - 1)).toBe(3);
    expect(numbersBetween(state, NOW - 3, NOW - 1)).toEqual({ summed: 3, sum: 8_000_000, min: 2, max: 3 });
  });

  it('forgets what lies further back than it reaches, to the millisecond, and does not take it up again', () => {
    const definition = define('count', REACH);
    const state = fillFromHistory(definition, [event(NOW - REACH), event(NOW - REACH - 1)], NOW);
    expect(state.times).toEqual([NOW - REACH]);
    expect(applyEvent(state, definition, event(NOW - REACH), NOW + 1)).toBe(false);
    expect(state.times).toEqual([]);
  });

  it('does not count other events, nor events without a number where numbers are measured', () => {
    const state = emptyState();
    expect(applyEvent(state, define('numbers', REACH), event(NOW, 'free'), NOW)).toBe(false);
    expect(applyEvent(state, define('count', REACH), event(NOW, 1, 'Viewed'), NOW)).toBe(false);
    expect(state).toEqual(emptyState());
  });

  it('stays as small as one bucket where it reaches for ever', () => {
    const state = fillFromHistory(
      define('numbers'),
      Array.from({ length: 5_000 }, (_, index) => event(index, index % 7)),
      NOW,
    );
    expect(state).toEqual({
      times: [],
      buckets: [{ first: 0, last: 4_999, count: 5_000, numbers: { summed: 5_000, sum: 14_995 * 1e6, min: 0, max: 6 } }],
    });
  });

  it('tells different values apart up to the limit, and stops there', () => {
    const values = (count: number) => Array.from({ length: count }, (_, index) => event(index, `v${index % count}`));
    const unique = (count: number) =>
      uniqueBetween(
        fillFromHistory(define('distinct'), values(count), NOW),
        Number.NEGATIVE_INFINITY,
        Number.POSITIVE_INFINITY,
      );
    expect(unique(UNIQUE_LIMIT - 1)).toBe(UNIQUE_LIMIT - 1);
    expect(unique(UNIQUE_LIMIT + 500)).toBe(UNIQUE_LIMIT);
  });

  it('folds the older half into buckets above its limit, loses none, and errs by one bucket at the most', () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: REACH }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 0, max: REACH }), (agos, since) => {
        const state = emptyState();
        const definition = define('numbers', REACH);
        for (const ago of agos) applyEvent(state, definition, event(NOW - ago), NOW, 20);
        expect(state.times.length).toBeLessThanOrEqual(20);
        expect(all(state)).toBe(agos.length);
        expect((state.buckets ?? []).length).toBeLessThanOrEqual(65);
        const exactly = agos.filter((ago) => ago <= since && ago > 0).length;
        const slack = Math.max(0, ...(state.buckets ?? []).map(({ count }) => count));
        const told = countBetween(state, NOW - since, NOW);
        expect(Math.abs(told - exactly)).toBeLessThanOrEqual(slack);
        expect(numbersBetween(state, NOW - since, NOW)?.summed ?? 0).toBe(told);
      }),
    );
  });

  it('is plain JSON', () => {
    const state = fillFromHistory(define('distinct', REACH), [event(NOW, 'a'), event(NOW - 1, 'b')], NOW, 1);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });
});

describe('exact sums', () => {
  it('round to millionths, halves away from zero', () => {
    expect([0.1 + 0.2, 0.3, 0.0000005, -0.0000005, 0.0000004, 2.5].map(microsOf)).toEqual([
      300_000, 300_000, 1, -1, 0, 2_500_000,
    ]);
  });

  it('are the same in every order, however large', () => {
    const numbers = fc.array(fc.oneof(fc.double({ min: -1e15, max: 1e15, noNaN: true }), fc.integer()), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(numbers, (drawn) => {
        const sum = (list: number[]) => list.reduce<ExactInteger>((total, one) => addExact(total, microsOf(one)), 0);
        const exact = drawn.reduce((total, one) => total + BigInt(microsOf(one)), 0n);
        expect(BigInt(sum(drawn))).toBe(exact);
        expect(sum(drawn.toReversed())).toEqual(sum(drawn));
        const factor = microsOf(drawn[0] ?? 1);
        const expected = exact - BigInt(factor) * 3n;
        expect(Math.sign(compareExact(sum(drawn), factor, 3)) + 0).toBe(expected < 0n ? -1 : expected > 0n ? 1 : 0);
      }),
    );
  });
});
