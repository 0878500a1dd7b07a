import type { Json } from '../kernel/index.js';
import { compileOperator } from './compile-operator.js';
import { someValueAt, type ValueTest } from './property-path.js';
import type { ResolvedRule } from './resolve-rule.js';
import type { Rule } from './rule.js';
import { explained, type RuleNode, type RuleSubject, type Touches } from './rule-node.js';

type TraitQuestion = Extract<ResolvedRule, { kind: 'trait' }>;

function traitValue(view: RuleSubject, name: string): Json {
  return Object.hasOwn(view.traits, name) ? (view.traits[name]?.value ?? null) : null;
}

/** The values that a condition on the trait looks at, as one when there is one. */
function seenValue(root: Json, path: readonly string[]): Json {
  const values: Json[] = [];
  someValueAt(root, path, 1, (value) => {
    values.push(value);
    return false;
  });
  return values.length === 1 ? (values[0] as Json) : values.length === 0 ? null : values;
}

export function traitNode({ path, op, value }: TraitQuestion, rule: Rule, touches: Touches, zone: string): RuleNode {
  const name = path[0] as string;
  touches.traits.add(name);
  const operator = compileOperator(op, value, zone);
  const { at, turnsOf } = operator;

  const holds = (root: Json, some: ValueTest | undefined, none: ValueTest | undefined): boolean =>
    (some === undefined || someValueAt(root, path, 1, some)) &&
    (none === undefined || !someValueAt(root, path, 1, none));

  const holdsAt = (root: Json, now: number): boolean => {
    if (at === undefined) return holds(root, operator.some, operator.none);
    const { some, none } = at(now);
    return holds(root, some, none);
  };

  const nextChange = (view: RuleSubject, now: number): number => {
    if (turnsOf === undefined) return Number.POSITIVE_INFINITY;
    const root = traitValue(view, name);
    const turns: number[] = [];
    someValueAt(root, path, 1, (candidate) => {
      turns.push(...turnsOf(candidate, now));
      return false;
    });
    if (turns.length === 0) return Number.POSITIVE_INFINITY;
    turns.sort((a, b) => a - b);
    const before = holdsAt(root, now);
    const turn = turns.find((instant) => holdsAt(root, instant) !== before);
    if (turn !== undefined) return turn;
    // Anniversaries never end: where none of the next ones is a change, look again after the last.
    return op === 'anniversary' ? (turns.at(-1) as number) : Number.POSITIVE_INFINITY;
  };

  const node: RuleNode = {
    cost: at === undefined ? 1 : 2,
    answer: (view, now) => holdsAt(traitValue(view, name), now),
    nextChange,
    explain: (view, now) => explained(node, rule, view, now, { seen: seenValue(traitValue(view, name), path) }),
  };
  return node;
}
