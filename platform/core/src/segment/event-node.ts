import { type AggregateState, countBetween, emptyState, firstFrom } from '../profile/index.js';
import { aggregateDefinition } from './aggregate-definition.js';
import { countTest, figureOf, figureTest } from './figure-test.js';
import type { EventQuestion } from './resolve-rule.js';
import type { Rule } from './rule.js';
import { explained, type RuleNode, type RuleSubject, type Touches } from './rule-node.js';

const NOTHING: AggregateState = emptyState();
const NEVER = Number.POSITIVE_INFINITY;

/** How many turns the search for the next change looks at before it settles for one that may turn out to be none. */
const TURNS_LOOKED_AT = 32;

/** Instants after `now` at which an event enters or leaves the window, ascending, at most so many. */
function turnsAfter(state: AggregateState, startAgo: number, endAgo: number, now: number, most: number): number[] {
  const turns = new Set<number>();
  const add = (at: number): void => {
    // In the window while now - startAgo <= at < now - endAgo.
    if (at + endAgo + 1 > now) turns.add(at + endAgo + 1);
    if (at + startAgo + 1 > now) turns.add(at + startAgo + 1);
  };
  for (const at of state.times) add(at);
  for (const bucket of state.buckets ?? []) add(bucket.last);
  return [...turns].sort((a, b) => a - b).slice(0, most);
}

/** Of a count over a window that ends now and events that are all past, kept one by one: they only leave, oldest first. */
function nextCountChange(
  times: readonly number[],
  startAgo: number,
  now: number,
  test: (count: number) => boolean,
): number {
  const first = firstFrom(times, now - startAgo);
  const answer = test(times.length - first);
  for (let index = first; index < times.length; index++) {
    if (times[index + 1] === times[index]) continue;
    if (test(times.length - index - 1) !== answer) return (times[index] as number) + startAgo + 1;
  }
  return NEVER;
}

/** As `nextCountChange`, of any figure: looks at so many turns and settles for the last of them. */
function nextLeavingChange(
  { times }: AggregateState,
  startAgo: number,
  now: number,
  holdsAt: (at: number) => boolean,
): number {
  const answer = holdsAt(now);
  let turn = NEVER;
  let looked = 0;
  for (let index = firstFrom(times, now - startAgo); index < times.length; index++) {
    if (times[index + 1] === times[index]) continue;
    turn = (times[index] as number) + startAgo + 1;
    if (holdsAt(turn) !== answer || ++looked === TURNS_LOOKED_AT) return turn;
  }
  return NEVER;
}

export function eventNode(question: EventQuestion, rule: Rule, touches: Touches, zone: string): RuleNode {
  const definition = aggregateDefinition(question, zone);
  const { key } = definition;
  touches.events.add(question.event);
  touches.aggregates.set(key, definition);
  const test = figureTest(question);
  const countOnly = question.measure === 'count' ? countTest(question.op, question.value) : undefined;
  const sliding = question.span.kind === 'sliding' ? question.span : undefined;
  const stateOf = (view: RuleSubject): AggregateState => view.aggregates[key] ?? NOTHING;
  const startAt = (now: number): number => (sliding === undefined ? Number.NEGATIVE_INFINITY : now - sliding.startAgo);
  const endAt = (now: number): number => (sliding === undefined ? Number.POSITIVE_INFINITY : now - sliding.endAgo);
  const holds = (state: AggregateState, now: number): boolean => test(state, startAt(now), endAt(now));

  const nextChange = (view: RuleSubject, now: number): number => {
    if (sliding === undefined) return NEVER;
    const state = stateOf(view);
    const { times, buckets } = state;
    if (times.length === 0 && buckets === undefined) return NEVER;
    if (countOnly !== undefined && buckets === undefined && sliding.endAgo === 0 && (times.at(-1) as number) < now)
      return nextCountChange(times, sliding.startAgo, now, countOnly);
    if (buckets === undefined && sliding.endAgo === 0 && (times.at(-1) as number) < now)
      return nextLeavingChange(state, sliding.startAgo, now, (at) => holds(state, at));
    const most = countOnly === undefined ? TURNS_LOOKED_AT : Number.POSITIVE_INFINITY;
    const turns = turnsAfter(state, sliding.startAgo, sliding.endAgo, now, most);
    const before = holds(state, now);
    const turn = turns.find((instant) => holds(state, instant) !== before);
    return turn ?? (turns.length === most ? (turns.at(-1) as number) : NEVER);
  };

  const node: RuleNode = {
    cost: question.measure === 'count' ? 3 : 4,
    answer: (view, now) => holds(stateOf(view), now),
    nextChange,
    explain: (view, now) => {
      const state = stateOf(view);
      const [start, end] = [startAt(now), endAt(now)];
      return explained(node, rule, view, now, {
        seen: figureOf(question, state, start, end),
        events: countBetween(state, start, end),
        ...(sliding !== undefined && state.buckets !== undefined ? { approximate: true } : {}),
      });
    },
  };
  return node;
}
