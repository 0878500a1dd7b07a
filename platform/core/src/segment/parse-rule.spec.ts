import { describe, expect, it } from '@jest/globals';
import { parseRule, requireRule } from './parse-rule.js';
import type { NamedAggregate } from './rule.js';

const mistakes = (input: unknown, options = {}): Record<string, string> => {
  const parsed = parseRule(input, options);
  return parsed.ok ? {} : Object.fromEntries(parsed.errors.map(({ path, message }) => [path, message]));
};

const nested = (levels: number): unknown => (levels === 1 ? { all: [] } : { not: nested(levels - 1) });

describe('parseRule', () => {
  it('takes a rule that uses the whole language', () => {
    const rule = {
      all: [
        { trait: 'address.city', op: 'in', value: ['Berlin', 'Wien', 3, true] },
        {
          any: [
            { trait: 'birthday', op: 'anniversary' },
            { trait: 'joined', op: 'withinLast', value: '7d' },
          ],
        },
        { not: { segment: 's1' } },
        {
          event: 'Order Completed',
          where: {
            any: [{ property: 'total', op: 'between', value: [10, 20] }, { not: { property: 'coupon', op: 'exists' } }],
          },
          sum: { property: 'total', op: 'gt', value: 100 },
          within: { between: ['60d', '30d'] },
        },
        {
          event: 'Product Viewed',
          count: { op: 'eq', value: 0 },
          within: { from: '2026-01-01', to: '2026-02-01T00:00:00Z' },
        },
        { aggregate: 'spend', op: 'gte', value: 5 },
        { consent: { channel: 'email', purpose: 'news', status: 'granted' } },
        { device: { platform: 'ios' } },
        { message: { campaign: 'c', channel: 'email', event: 'clicked' }, within: { last: '30d' } },
      ],
    };
    expect(parseRule(rule)).toEqual({ ok: true, rule });
  });

  it('names all mistakes of a rule at once, each by its path', () => {
    const found = mistakes({
      all: [
        { trait: 'a..b', op: 'eq', value: 1 },
        { trait: 'age', op: 'above', value: 1 },
        { trait: 'age', op: 'gt', value: 'forty' },
        { event: 'Bought', where: { property: 'at', op: 'withinLast', value: '3d' }, within: { last: '3 days' } },
        { any: [{ trait: 'x', op: 'exists', value: 1, note: 'hi' }] },
        { trait: 'x', op: 'eq' },
        { trait: 'x', event: 'y' },
        { unknown: 1 },
        7,
      ],
    });
    expect(found).toEqual({
      'rule.all[0].trait': expect.stringContaining('address.city'),
      'rule.all[1].op': expect.stringContaining('eq, neq, gt'),
      'rule.all[2].value': expect.stringContaining('RFC 3339'),
      'rule.all[3].where.op': expect.stringContaining('within'),
      'rule.all[3].within.last': expect.stringContaining('30d'),
      'rule.all[4].any[0].note': expect.stringContaining('Unknown field'),
      'rule.all[4].any[0].value': expect.stringContaining('takes no value'),
      'rule.all[5].value': expect.stringContaining('needs a value'),
      'rule.all[6]': expect.stringContaining('trait and event'),
      'rule.all[7]': expect.stringContaining('none'),
      'rule.all[8]': expect.stringContaining('object'),
    });
  });

  it.each([
    [{ trait: 'a', op: 'between', value: [3, 1] }, 'rule.value'],
    [{ trait: 'a', op: 'between', value: [1, '2026-01-01'] }, 'rule.value'],
    [{ trait: 'a', op: 'in', value: [] }, 'rule.value'],
    [{ trait: 'a', op: 'in', value: [1, null] }, 'rule.value[1]'],
    [{ trait: 'a', op: 'contains', value: '' }, 'rule.value'],
    [{ trait: 'a', op: 'startsWith', value: 5 }, 'rule.value'],
    [{ trait: 'a', op: 'eq', value: '\ud800' }, 'rule.value'],
    [{ trait: 'a', op: 'eq', value: null }, 'rule.value'],
    [{ trait: 'a', op: 'onDay', value: '2026-02-30' }, 'rule.value'],
    [{ trait: 'a', op: 'withinLast', value: '0d' }, 'rule.value'],
    [{ trait: 'a', op: 'withinLast', value: '99999999d' }, 'rule.value'],
    [{ event: 'e', count: { op: 'gte', value: 1.5 } }, 'rule.count.value'],
    [{ event: 'e', count: { op: 'contains', value: 1 } }, 'rule.count.op'],
    [{ event: 'e', unique: { property: 'p', op: 'gte', value: 1000 } }, 'rule.unique.value'],
    [{ event: 'e', sum: { op: 'gte', value: 1 } }, 'rule.sum.property'],
    [{ event: 'e', sum: { property: 'p', op: 'gte', value: 1e16 } }, 'rule.sum.value'],
    [{ event: 'e', count: { op: 'gte', value: 1 }, sum: { property: 'p', op: 'gt', value: 1 } }, 'rule'],
    [{ event: 'e', within: { between: ['30d', '60d'] } }, 'rule.within.between'],
    [{ event: 'e', within: {} }, 'rule.within'],
    [{ event: 'e', within: { from: '2026-02-01', to: '2026-01-01' } }, 'rule.within'],
    [{ event: 'e', within: { last: '1d', from: '2026-02-01' } }, 'rule.within.from'],
    [{ message: { event: 'read' } }, 'rule.message.event'],
    [{ device: { platform: 'symbian' } }, 'rule.device.platform'],
    [{ consent: { channel: 'email', status: 'maybe' } }, 'rule.consent.status'],
    [JSON.parse('{"all": [], "__proto__": {}}'), 'rule.__proto__'],
  ])('refuses %j at %s', (rule, path) => {
    expect(Object.keys(mistakes(rule))).toEqual([path]);
  });

  it('bounds depth, conditions and lists, by settings', () => {
    expect(parseRule(nested(8)).ok).toBe(true);
    expect(Object.keys(mistakes(nested(9)))).toEqual([`rule${'.not'.repeat(8)}`]);
    const conditions = (count: number) => ({
      all: Array.from({ length: count }, () => ({ trait: 'a', op: 'exists' })),
    });
    expect(parseRule(conditions(100)).ok).toBe(true);
    expect(parseRule(conditions(101)).ok).toBe(false);
    expect(Object.keys(mistakes(conditions(3), { limits: { conditions: 2 } }))).toEqual(['rule.all']);
    const list = (length: number) => ({ trait: 'a', op: 'in', value: Array.from({ length }, (_, index) => index) });
    expect(parseRule(list(10_000)).ok).toBe(true);
    expect(mistakes(list(10_001))['rule.value']).toContain('file segment');
  });

  it('survives a rule of hostile depth without following it', () => {
    let deep: unknown = { all: [] };
    for (let level = 0; level < 100_000; level++) deep = { not: deep };
    expect(Object.keys(mistakes(deep))).toHaveLength(1);
  });

  it('knows the names that a rule may use, where it is told', () => {
    const average: NamedAggregate = { name: 'visits', event: 'Visit', measure: 'count' };
    const names = { segments: new Set(['s1']), aggregates: new Map([['visits', average]]), path: 'audience.rule' };
    const rule = {
      all: [
        { segment: 's1' },
        { segment: 's2' },
        { aggregate: 'none', op: 'eq', value: 1 },
        { aggregate: 'visits', op: 'eq', value: 0.5 },
      ],
    };
    expect(mistakes(rule, names)).toEqual({
      'audience.rule.all[1].segment': 'There is no segment "s2".',
      'audience.rule.all[2].aggregate': 'There is no aggregate "none".',
      'audience.rule.all[3].value': expect.stringContaining('whole number'),
    });
  });

  it('throws one error with all mistakes where a rule is required', () => {
    expect(() => requireRule({ any: [1, 2] })).toThrow(
      expect.objectContaining({
        code: 'invalid',
        errors: [expect.objectContaining({ path: 'rule.any[0]' }), expect.objectContaining({ path: 'rule.any[1]' })],
      }),
    );
  });
});
