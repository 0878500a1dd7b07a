import { CdpError, type FieldError } from '../kernel/index.js';
import { CONDITION_KINDS, checkCondition, type Names } from './parse-condition.js';
import type { Rule } from './rule.js';
import { type RuleLimits, RuleMistakes } from './rule-mistakes.js';
import { checkTree } from './rule-tree.js';

export interface ParseOptions extends Names {
  limits?: Partial<RuleLimits>;
  /** Where the rule stands in what was sent: what the paths of mistakes start with. Default `rule`. */
  path?: string;
}

export type ParsedRule = { ok: true; rule: Rule } | { ok: false; errors: FieldError[] };

/** Reads what a client sent as a rule, or answers with every mistake in it, its path, and how to mend it. */
export function parseRule(input: unknown, options: ParseOptions = {}): ParsedRule {
  const mistakes = new RuleMistakes(options.limits);
  checkTree(input, options.path ?? 'rule', mistakes, CONDITION_KINDS, (object, kind, path) =>
    checkCondition(object, kind, path, mistakes, options),
  );
  return mistakes.errors.length === 0 ? { ok: true, rule: input as Rule } : { ok: false, errors: mistakes.errors };
}

/** The rule that a client sent; throws `CdpError('invalid')` with all mistakes when it is none. */
export function requireRule(input: unknown, options: ParseOptions = {}): Rule {
  const parsed = parseRule(input, options);
  if (parsed.ok) return parsed.rule;
  throw invalidWith('The rule has mistakes.', parsed.errors);
}

export const invalidWith = (message: string, errors: FieldError[]): CdpError =>
  new CdpError('invalid', `${message} ${errors[0]?.path}: ${errors[0]?.message}`, { errors });
