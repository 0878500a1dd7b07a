import {
  type EventQuestion,
  type MomentQuestion,
  type ResolvedPropertyRule,
  type ResolvedRule,
  type Rule,
  type RuleContext,
  resolveRule,
} from '@cdp/core/segment';
import { operatorBounds } from './operator-query.js';
import { consentValue } from './profile-fields.js';
import { allBounds, anyBounds, type Bounds, EVERYTHING, exactly, NOTHING, notBounds } from './query.js';
import { tenantKey } from './value-term.js';
import { ValuesAtPath } from './values-at-path.js';

export type Question = EventQuestion | MomentQuestion;

/** What is known of a question for some profiles; undefined where the engine does not know. */
export type Answer = boolean | undefined;

type Node =
  | { kind: 'all' | 'any'; nodes: Node[] }
  | { kind: 'not'; node: Node }
  | { kind: 'profile'; bounds: Bounds }
  | { kind: 'question'; index: number };

/** A rule as a query over profiles in which the questions about events are still open. */
export class RulePlan {
  /** Each different one once. */
  readonly questions: readonly Question[];
  readonly #root: Node;

  constructor(tenantId: string, rule: Rule, context: RuleContext) {
    const planner = new Planner(tenantId, context);
    this.#root = planner.node(resolveRule(rule, context));
    this.questions = planner.questions;
  }

  /** The profiles that fit among those of whom these are the answers, in the order of the questions. */
  profiles(answers: readonly Answer[]): Bounds {
    const visit = (node: Node): Bounds => {
      switch (node.kind) {
        case 'all':
          return allBounds(node.nodes.map(visit));
        case 'any':
          return anyBounds(node.nodes.map(visit));
        case 'not':
          return notBounds(visit(node.node));
        case 'profile':
          return node.bounds;
        case 'question':
          return answerBounds(answers[node.index]);
      }
    };
    return visit(this.#root);
  }
}

function answerBounds(answer: Answer): Bounds {
  if (answer === undefined) return { may: EVERYTHING, sure: NOTHING };
  return exactly(answer ? EVERYTHING : NOTHING);
}

class Planner {
  readonly questions: Question[] = [];
  readonly #indices = new Map<string, number>();
  readonly #tenantId: string;
  readonly #context: RuleContext;

  constructor(tenantId: string, context: RuleContext) {
    this.#tenantId = tenantId;
    this.#context = context;
  }

  node(rule: ResolvedRule): Node {
    switch (rule.kind) {
      case 'all':
      case 'any':
        return { kind: rule.kind, nodes: rule.rules.map((inner) => this.node(inner)) };
      case 'not':
        return { kind: 'not', node: this.node(rule.rule) };
      case 'segment':
        return this.node(rule.rule);
      case 'trait': {
        const at = new ValuesAtPath(this.#tenantId, rule.path.join('.'));
        return { kind: 'profile', bounds: operatorBounds(rule.op, rule.value, at, this.#context) };
      }
      case 'event':
      case 'moment':
        return { kind: 'question', index: this.#indexOf(rule) };
      case 'consent':
        return this.#term('c', consentValue(rule));
      case 'device':
        return this.#term('p', rule.platform);
    }
  }

  #term(kind: 'c' | 'p', value: string): Node {
    return { kind: 'profile', bounds: exactly({ term: { terms: tenantKey(this.#tenantId) + kind + value } }) };
  }

  #indexOf(question: Question): number {
    const { span, ...rest } = question;
    // Infinite bounds of a window have no JSON of their own.
    const key = JSON.stringify([rest, Object.values(span).map(String)]);
    const known = this.#indices.get(key) ?? this.questions.push(question) - 1;
    this.#indices.set(key, known);
    return known;
  }
}

/** A filter over the properties of events. */
export function filterBounds(tenantId: string, rule: ResolvedPropertyRule, context: RuleContext): Bounds {
  const visit = (inner: ResolvedPropertyRule): Bounds => filterBounds(tenantId, inner, context);
  switch (rule.kind) {
    case 'all':
      return allBounds(rule.rules.map(visit));
    case 'any':
      return anyBounds(rule.rules.map(visit));
    case 'not':
      return notBounds(visit(rule.rule));
    case 'property':
      return operatorBounds(rule.op, rule.value, new ValuesAtPath(tenantId, rule.path.join('.')), context);
  }
}
