import type { JsonObject } from '../kernel/index.js';
import { compileOperator } from './compile-operator.js';
import { someValueAt } from './property-path.js';
import type { ResolvedPropertyRule } from './resolve-rule.js';

export type PropertyTest = (properties: JsonObject) => boolean;

/** A filter over the properties of an event. Its operators do not look at the clock: the rule was validated. */
export function compilePropertyRule(rule: ResolvedPropertyRule, zone: string): PropertyTest {
  switch (rule.kind) {
    case 'all': {
      const tests = rule.rules.map((inner) => compilePropertyRule(inner, zone));
      return (properties) => tests.every((test) => test(properties));
    }
    case 'any': {
      const tests = rule.rules.map((inner) => compilePropertyRule(inner, zone));
      return (properties) => tests.some((test) => test(properties));
    }
    case 'not': {
      const test = compilePropertyRule(rule.rule, zone);
      return (properties) => !test(properties);
    }
    case 'property': {
      const { some, none } = compileOperator(rule.op, rule.value, zone);
      const { path } = rule;
      return (properties) =>
        (some === undefined || someValueAt(properties, path, 0, some)) &&
        (none === undefined || !someValueAt(properties, path, 0, none));
    }
  }
}

/** Whether the filter's answer depends on the zone that calendar days are told in. */
export function asksForDays(rule: ResolvedPropertyRule): boolean {
  if (rule.kind === 'property') return rule.op === 'onDay';
  return rule.kind === 'not' ? asksForDays(rule.rule) : rule.rules.some(asksForDays);
}
