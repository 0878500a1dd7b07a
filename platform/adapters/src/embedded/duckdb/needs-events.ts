import type { EventQuestion, ResolvedRule } from '@cdp/core/segment';

/**
 * Whether only profiles with events can fit, as far as that is plain to see. The answer is the same either way: it
 * tells which side of a join is the larger, which DuckDB guesses wrong.
 */
export function needsEvents(rule: ResolvedRule): boolean {
  switch (rule.kind) {
    case 'all':
      return rule.rules.some(needsEvents);
    case 'any':
      return rule.rules.length > 0 && rule.rules.every(needsEvents);
    case 'segment':
      return needsEvents(rule.rule);
    case 'event':
      return asksForEvents(rule);
    case 'moment':
      return rule.op !== 'missing';
    default:
      return false;
  }
}

function asksForEvents({ measure, op, value }: EventQuestion): boolean {
  if (op === 'neq' || op === 'nin' || op === 'missing') return false;
  if (measure === 'min' || measure === 'max' || measure === 'avg') return true;
  const positive = (bound: unknown): boolean => typeof bound === 'number' && bound >= 1;
  if (op === 'gte' || op === 'gt' || op === 'eq') return positive(value);
  return op === 'between' && Array.isArray(value) && positive(value[0]);
}
