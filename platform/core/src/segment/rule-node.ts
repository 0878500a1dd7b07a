import type { Json } from '../kernel/index.js';
import type { AggregateDefinition, ProfileDocument } from '../profile/index.js';
import type { Rule } from './rule.js';

/** What a rule looks at of a profile; a whole document is one. An aggregate that it lacks has no events. */
export type RuleSubject = Pick<ProfileDocument, 'traits' | 'devices' | 'consents' | 'aggregates'>;

/** Why a rule answers as it does for one profile: the rule's own tree with what was seen at each node. */
export interface Explanation {
  /** The part of the rule that this node is about. */
  rule: Rule;
  answer: boolean;
  /** What the condition looked at: the values of the trait, the figure over the events, the consents or devices. */
  seen?: Json;
  /** Events that counted. */
  events?: number;
  /** True where the profile has so many events that old ones are only known by the bucket. */
  approximate?: boolean;
  /** Epoch milliseconds of the next instant at which time alone may change the answer; absent: never. */
  nextChangeAt?: number;
  children?: Explanation[];
}

/** What in a profile can change a rule's answer. */
export interface Touches {
  /** Names of whole traits: the first key of each path. */
  traits: Set<string>;
  /** Names of events. */
  events: Set<string>;
  /** Nested segments, at any depth. */
  segments: Set<string>;
  consents: boolean;
  devices: boolean;
  /** What is kept of events for it, by key. */
  aggregates: Map<string, AggregateDefinition>;
  /** Names of the tenant's aggregates that it asks, nested segments' included. */
  named: Set<string>;
}

/** One node of a rule, made ready to be asked about many profiles. */
export interface RuleNode {
  /** How dear it is to ask, as a rank: cheap ones are asked first. */
  cost: number;
  answer(view: RuleSubject, now: number): boolean;
  /**
   * An instant after `now` before which time alone does not change the answer, infinity when it never does. The answer does
   * change then, unless several conditions must change together.
   */
  nextChange(view: RuleSubject, now: number): number;
  explain(view: RuleSubject, now: number): Explanation;
}

/** The explanation of a condition, with what it saw. */
export function explained(
  node: RuleNode,
  rule: Rule,
  view: RuleSubject,
  now: number,
  seen: Partial<Explanation>,
): Explanation {
  const next = node.nextChange(view, now);
  return {
    rule,
    answer: node.answer(view, now),
    ...seen,
    ...(next === Number.POSITIVE_INFINITY ? {} : { nextChangeAt: next }),
  };
}
