import { describe, expect, it } from '@jest/globals';
import { CdpError } from '../kernel/index.js';
import { requireNamedAggregate } from './parse-aggregate.js';

const COUNT = { name: 'visits', event: 'Visit', measure: 'count', within: { last: '30d' } };

function mistakesIn(input: unknown): Record<string, string> {
  try {
    requireNamedAggregate(input);
    return {};
  } catch (error) {
    if (!(error instanceof CdpError)) throw error;
    return Object.fromEntries(error.errors.map(({ path, message }) => [path, message]));
  }
}

describe('requireNamedAggregate', () => {
  it('takes what counts events without a property, and what measures one with it', () => {
    const sum = {
      ...COUNT,
      measure: 'sum',
      property: 'basket.total',
      where: { property: 'paid', op: 'eq', value: true },
    };
    const last = { name: 'last_visit', event: 'Visit', measure: 'last', within: { from: '2026-01-01' } };
    for (const aggregate of [COUNT, sum, last, { ...last, within: undefined, measure: 'first' }])
      expect(requireNamedAggregate(aggregate)).toEqual(aggregate);
    expect(mistakesIn({ ...COUNT, property: 'x' })).toEqual({ property: 'A count measures no property.' });
    expect(mistakesIn({ ...last, property: 'x' })).toEqual({ property: 'A last measures no property.' });
    expect(mistakesIn({ ...COUNT, measure: 'sum' })).toEqual({ property: 'A path must be text.' });
    expect(mistakesIn({ ...COUNT, measure: 'median' }).measure).toMatch(/one of count, first, last, sum/);
  });

  it('takes names that templates can write', () => {
    for (const name of ['a', 'orders_30d', 'A'.repeat(64)]) expect(mistakesIn({ ...COUNT, name })).toEqual({});
    for (const name of ['', '1st', 'with space', 'a-b', 'a.b', '__proto__', 'ä', 'a'.repeat(65), 7, undefined])
      expect(Object.keys(mistakesIn({ ...COUNT, name }))).toEqual(['name']);
  });

  it('takes no sliding window for a first and a last, which would have to keep every time', () => {
    for (const within of [{ last: '30d' }, { between: ['60d', '30d'] }])
      expect(mistakesIn({ ...COUNT, measure: 'first', within })).toEqual({
        within: 'A first is of all time, or of a window {from, to}.',
      });
    expect(mistakesIn({ ...COUNT, measure: 'last', within: 'ever' })).toEqual({
      within: 'A window must be an object.',
    });
  });

  it('says everything that is wrong, each by its path', () => {
    expect(mistakesIn('visits')).toEqual({ '': 'An aggregate must be an object.' });
    const where = {
      all: [
        { property: 'a', op: 'withinLast', value: '1d' },
        { property: '', op: 'eq', value: 1 },
      ],
    };
    const wrong = { event: 7, measure: 'avg', where, within: { last: '0d' }, colour: 'red' };
    expect(Object.keys(mistakesIn(wrong)).toSorted()).toEqual([
      'colour',
      'event',
      'name',
      'property',
      'where.all[0].op',
      'where.all[1].property',
      'within.last',
    ]);
  });
});
