import type { AggregateDefinition } from '../profile/index.js';
import { eventNode } from './event-node.js';
import { momentNode } from './moment-node.js';
import { type ResolvedRule, type RuleCatalog, resolveRule } from './resolve-rule.js';
import type { Rule } from './rule.js';
import { type Explanation, explained, type RuleNode, type RuleSubject, type Touches } from './rule-node.js';
import { traitNode } from './trait-node.js';

/** A rule made ready once and asked many times, about one profile at a time, in process. */
export interface CompiledRule {
  /** What can change its answer; nested segments' parts are in it. */
  readonly touches: Touches;
  evaluate(view: RuleSubject, now: number): boolean;
  /**
   * An instant after `now` before which time alone does not change the answer; undefined when it never does. It may be
   * earlier than the true change where several conditions would have to change together, never later.
   */
  nextChange(view: RuleSubject, now: number): number | undefined;
  explain(view: RuleSubject, now: number): Explanation;
}

export interface CompileContext extends RuleCatalog {
  /** IANA name of the zone that calendar days are told in. */
  timeZone: string;
}

interface Compiling {
  context: CompileContext;
  touches: Touches;
}

type Group = Extract<ResolvedRule, { kind: 'all' | 'any' }>;

function groupNode(group: Group, rule: Rule, compiling: Compiling): RuleNode {
  // `any` is `all` with every answer turned round.
  const decisive = group.kind === 'any';
  const sources = decisive ? (rule as { any: Rule[] }).any : (rule as { all: Rule[] }).all;
  const nodes = group.rules.map((inner, index) => compileNode(inner, sources[index] as Rule, compiling));
  const byCost = [...nodes].sort((a, b) => a.cost - b.cost);

  const answer = (view: RuleSubject, now: number): boolean => {
    for (const node of byCost) if (node.answer(view, now) === decisive) return decisive;
    return !decisive;
  };

  const nextChange = (view: RuleSubject, now: number): number => {
    // One decisive answer is enough, so while there are any, all of them must change first; else the first change decides.
    let earliest = Number.POSITIVE_INFINITY;
    let latest = Number.NEGATIVE_INFINITY;
    for (const node of byCost) {
      if (node.answer(view, now) === decisive) {
        latest = Math.max(latest, node.nextChange(view, now));
        if (latest === Number.POSITIVE_INFINITY) return latest;
      } else if (latest === Number.NEGATIVE_INFINITY) earliest = Math.min(earliest, node.nextChange(view, now));
    }
    return latest === Number.NEGATIVE_INFINITY ? earliest : latest;
  };

  const node: RuleNode = {
    cost: nodes.reduce((sum, { cost }) => sum + cost, 0),
    answer,
    nextChange,
    explain: (view, now) =>
      explained(node, rule, view, now, { children: nodes.map((inner) => inner.explain(view, now)) }),
  };
  return node;
}

function wrapNode(inner: RuleNode, rule: Rule, turned: boolean): RuleNode {
  const node: RuleNode = {
    cost: inner.cost,
    answer: turned ? (view, now) => !inner.answer(view, now) : inner.answer,
    nextChange: inner.nextChange,
    explain: (view, now) => explained(node, rule, view, now, { children: [inner.explain(view, now)] }),
  };
  return node;
}

function stillNode(rule: Rule, holds: (view: RuleSubject) => boolean, seen: (view: RuleSubject) => string[]): RuleNode {
  const node: RuleNode = {
    cost: 1,
    answer: holds,
    nextChange: () => Number.POSITIVE_INFINITY,
    explain: (view, now) => explained(node, rule, view, now, { seen: seen(view) }),
  };
  return node;
}

function consentNode(question: Extract<ResolvedRule, { kind: 'consent' }>, rule: Rule): RuleNode {
  const matching = (view: RuleSubject) =>
    view.consents.filter(({ channel, purpose }) => channel === question.channel && purpose === question.purpose);
  return stillNode(
    rule,
    (view) => matching(view).some(({ status }) => status === question.status),
    (view) => matching(view).map(({ status }) => status),
  );
}

function compileNode(resolved: ResolvedRule, rule: Rule, compiling: Compiling): RuleNode {
  const { touches, context } = compiling;
  switch (resolved.kind) {
    case 'all':
    case 'any':
      return groupNode(resolved, rule, compiling);
    case 'not':
      return wrapNode(compileNode(resolved.rule, (rule as { not: Rule }).not, compiling), rule, true);
    case 'segment': {
      touches.segments.add(resolved.id);
      const nested = context.segments.get(resolved.id) as Rule;
      return wrapNode(compileNode(resolved.rule, nested, compiling), rule, false);
    }
    case 'trait':
      return traitNode(resolved, rule, touches, context.timeZone);
    case 'event':
      if ('aggregate' in rule) touches.named.add(rule.aggregate);
      return eventNode(resolved, rule, touches, context.timeZone);
    case 'moment':
      if ('aggregate' in rule) touches.named.add(rule.aggregate);
      return momentNode(resolved, rule, touches, context.timeZone);
    case 'consent':
      touches.consents = true;
      return consentNode(resolved, rule);
    case 'device':
      touches.devices = true;
      return stillNode(
        rule,
        ({ devices }) => devices.some(({ platform }) => platform === resolved.platform),
        ({ devices }) => devices.map(({ platform }) => platform),
      );
  }
}

/** Throws `CdpError('invalid')` where the rule names something that the context lacks, or segments go in a circle. */
export function compileRule(rule: Rule, context: CompileContext): CompiledRule {
  const touches: Touches = {
    traits: new Set(),
    events: new Set(),
    segments: new Set(),
    consents: false,
    devices: false,
    aggregates: new Map<string, AggregateDefinition>(),
    named: new Set(),
  };
  const node = compileNode(resolveRule(rule, context), rule, { context, touches });
  return {
    touches,
    evaluate: node.answer,
    nextChange: (view, now) => {
      const next = node.nextChange(view, now);
      return next === Number.POSITIVE_INFINITY ? undefined : next;
    },
    explain: node.explain,
  };
}
