import { describe, expect, it } from '@jest/globals';
import { fillFromHistory, type ProfileEvent } from '../profile/index.js';
import { type CompiledRule, compileRule } from './compile-rule.js';
import type { Rule } from './rule.js';
import type { RuleSubject } from './rule-node.js';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const DAY = 86_400_000;

const bought = (daysAgo: number, total = 10): ProfileEvent => ({
  messageId: `${daysAgo}`,
  type: 'track',
  name: 'Bought',
  timestamp: NOW - daysAgo * DAY,
  receivedAt: NOW,
  properties: { total },
  context: {},
  source: 'app',
});

function ask(rule: Rule, events: ProfileEvent[], segments: Record<string, Rule> = {}): [CompiledRule, RuleSubject] {
  const compiled = compileRule(rule, {
    timeZone: 'Europe/Berlin',
    segments: new Map(Object.entries(segments)),
    aggregates: new Map([['spend', { name: 'spend', event: 'Bought', measure: 'sum', property: 'total' }]]),
  });
  const aggregates = Object.fromEntries(
    [...compiled.touches.aggregates].map(([key, definition]) => [key, fillFromHistory(definition, events, NOW)]),
  );
  const traits = { plan: { value: 'Gold', at: 0 }, tags: { value: ['a', 'b'], at: 0 } };
  return [compiled, { traits, devices: [], consents: [{ channel: 'email', status: 'granted', at: 0 }], aggregates }];
}

describe('compileRule', () => {
  it('tells why: each part with its answer, what it saw, what counted, and when it can next change', () => {
    const rule: Rule = {
      all: [
        { trait: 'plan', op: 'eq', value: 'gold' },
        { event: 'Bought', count: { op: 'gte', value: 2 }, within: { last: '30d' } },
        { not: { segment: 'loyal' } },
        { aggregate: 'spend', op: 'gt', value: 29.9 },
        { consent: { channel: 'email', status: 'granted' } },
      ],
    };
    const loyal: Rule = { trait: 'tags', op: 'contains', value: 'a' };
    const [compiled, person] = ask(rule, [bought(29), bought(10), bought(40)], { loyal });
    expect(compiled.explain(person, NOW)).toEqual({
      rule,
      answer: false,
      children: [
        { rule: rule.all[0], answer: false, seen: 'Gold' },
        { rule: rule.all[1], answer: true, seen: 2, events: 2, nextChangeAt: NOW + DAY + 1 },
        {
          rule: { not: { segment: 'loyal' } },
          answer: false,
          children: [
            { rule: { segment: 'loyal' }, answer: true, children: [{ rule: loyal, answer: true, seen: ['a', 'b'] }] },
          ],
        },
        { rule: rule.all[3], answer: true, seen: 30, events: 3 },
        { rule: rule.all[4], answer: true, seen: ['granted'] },
      ],
    });
  });

  it('names everything that can change the answer, nested segments included', () => {
    const rule: Rule = {
      any: [{ trait: 'address.city', op: 'exists' }, { segment: 'inner' }, { device: { platform: 'ios' } }],
    };
    const [{ touches }] = ask(rule, [], { inner: { all: [{ event: 'Bought' }, { message: { event: 'opened' } }] } });
    expect([...touches.traits]).toEqual(['address']);
    expect([...touches.events]).toEqual(['Bought', 'Message Opened']);
    expect([...touches.segments]).toEqual(['inner']);
    expect({ consents: touches.consents, devices: touches.devices }).toEqual({ consents: false, devices: true });
  });

  it('shares an aggregate between conditions that ask the same events in other ways, and only those', () => {
    const within = { last: '30d' };
    const [{ touches }] = ask(
      {
        all: [
          { event: 'Bought', within },
          { event: 'Bought', count: { op: 'lt', value: 5 }, within },
          { event: 'Bought', within: { between: ['30d', '7d'] } },
          { event: 'Bought', sum: { property: 'total', op: 'gt', value: 1 }, within },
          { event: 'Bought', avg: { property: 'total', op: 'gt', value: 1 }, within },
          { event: 'Bought', within: { last: '31d' } },
          { event: 'Bought', within, where: { property: 'total', op: 'gt', value: 1 } },
        ],
      },
      [],
    );
    expect(touches.aggregates.size).toBe(4);
  });

  it('is not called back for what time cannot change', () => {
    const windowed: Rule = { event: 'Bought', within: { last: '30d' } };
    const next = (rule: Rule) => {
      const [compiled, person] = ask(rule, [bought(10), bought(5)]);
      return compiled.nextChange(person, NOW);
    };
    expect(next(windowed)).toBe(NOW + 25 * DAY + 1);
    expect(next({ not: windowed })).toBe(NOW + 25 * DAY + 1);
    expect(next({ event: 'Bought', count: { op: 'gte', value: 2 }, within: { last: '30d' } })).toBe(NOW + 20 * DAY + 1);
    // A part that is false for good decides whatever the window does; so does one that is true for good.
    expect(next({ all: [windowed, { trait: 'plan', op: 'eq', value: 'none' }] })).toBeUndefined();
    expect(next({ any: [windowed, { trait: 'plan', op: 'exists' }] })).toBeUndefined();
    expect(next({ event: 'Bought' })).toBeUndefined();
    expect(next({ event: 'Bought', within: { from: '2026-01-01', to: '2027-01-01' } })).toBeUndefined();
    expect(next({ event: 'Bought', within: { between: ['60d', '30d'] } })).toBe(NOW + 20 * DAY + 1);
  });

  it('refuses a rule that names what is not there, or segments that go in a circle', () => {
    expect(() => ask({ segment: 'gone' }, [])).toThrow(/no segment "gone"/);
    expect(() => ask({ aggregate: 'gone', op: 'gt', value: 1 }, [])).toThrow(/no aggregate named "gone"/);
    expect(() => ask({ segment: 'a' }, [], { a: { segment: 'b' }, b: { not: { segment: 'a' } } })).toThrow(/a > b > a/);
  });
});
