import { emptyState, momentOf } from '../profile/index.js';
import { aggregateDefinition } from './aggregate-definition.js';
import { compileOperator } from './compile-operator.js';
import { figureOf } from './figure-test.js';
import type { MomentQuestion } from './resolve-rule.js';
import type { Rule } from './rule.js';
import { explained, type RuleNode, type RuleSubject, type Touches } from './rule-node.js';

const NOTHING = emptyState();
const NEVER = Number.POSITIVE_INFINITY;

/** A condition on when something happened first or last: that instant is asked as the value of a trait is. */
export function momentNode(question: MomentQuestion, rule: Rule, touches: Touches, zone: string): RuleNode {
  const definition = aggregateDefinition(question, zone);
  const { key } = definition;
  touches.events.add(question.event);
  touches.aggregates.set(key, definition);
  const operator = compileOperator(question.op, question.value, zone);
  const momentIn = (view: RuleSubject): number | undefined =>
    momentOf(view.aggregates[key] ?? NOTHING, question.measure);

  const holdsAt = (moment: number | undefined, now: number): boolean => {
    const { some, none } = operator.at?.(now) ?? operator;
    if (moment === undefined) return some === undefined;
    return (some?.(moment, false) ?? true) && !(none?.(moment, false) ?? false);
  };

  const nextChange = (view: RuleSubject, now: number): number => {
    const moment = momentIn(view);
    if (moment === undefined || operator.turnsOf === undefined) return NEVER;
    const turns = operator.turnsOf(moment, now).sort((a, b) => a - b);
    const before = holdsAt(moment, now);
    const turn = turns.find((instant) => holdsAt(moment, instant) !== before);
    // Anniversaries never end: where none of the next ones is a change, look again after the last.
    return turn ?? (question.op === 'anniversary' ? (turns.at(-1) ?? NEVER) : NEVER);
  };

  const node: RuleNode = {
    cost: 3,
    answer: (view, now) => holdsAt(momentIn(view), now),
    nextChange,
    explain: (view, now) => {
      const state = view.aggregates[key] ?? NOTHING;
      return explained(node, rule, view, now, { seen: figureOf(question, state, Number.NEGATIVE_INFINITY, NEVER) });
    },
  };
  return node;
}
