import type { Json } from '../kernel/index.js';
import type { MessageOutcome, OPERATORS } from './operators.js';

/** What a value of a trait or property can be compared with. */
export type Scalar = string | number | boolean;

export type CompareOperator = (typeof OPERATORS.compare)[number];
export type TextOperator = (typeof OPERATORS.text)[number];
export type PresenceOperator = (typeof OPERATORS.presence)[number];
export type TimeOperator = (typeof OPERATORS.time)[number];
export type Operator = CompareOperator | TextOperator | PresenceOperator | TimeOperator;
export type MeasureOperator = CompareOperator | PresenceOperator;
export type MomentOperator = TimeOperator | PresenceOperator;

/** `{last: "30d"}` reaches from now back; `between: ["60d", "30d"]` from 60 to 30 days ago; `from`, `to` are RFC 3339. */
export type Window = { last: string } | { from?: string; to?: string } | { between: [string, string] };

export interface CountMeasure {
  op: MeasureOperator;
  value?: Json;
}

export interface ValueMeasure extends CountMeasure {
  property: string;
}

export type PropertyRule =
  | { all: PropertyRule[] }
  | { any: PropertyRule[] }
  | { not: PropertyRule }
  | { property: string; op: Operator; value?: Json };

export interface TraitCondition {
  trait: string;
  op: Operator;
  value?: Json;
}

/** At most one of the measures; without one, at least one event. */
export interface EventCondition {
  event: string;
  where?: PropertyRule;
  count?: CountMeasure;
  sum?: ValueMeasure;
  min?: ValueMeasure;
  max?: ValueMeasure;
  avg?: ValueMeasure;
  unique?: ValueMeasure;
  within?: Window;
}

/** `first` and `last` aggregates are instants, and take the operators of times; the others are numbers. */
export interface AggregateCondition {
  aggregate: string;
  op: MeasureOperator | MomentOperator;
  value?: Json;
}

export interface SegmentCondition {
  segment: string;
}

export interface ConsentCondition {
  consent: { channel: string; purpose?: string; status: string };
}

export interface DeviceCondition {
  device: { platform: string };
}

export interface MessageCondition {
  message: { campaign?: string; channel?: string; event: MessageOutcome };
  within?: Window;
}

export type Condition =
  | TraitCondition
  | EventCondition
  | AggregateCondition
  | SegmentCondition
  | ConsentCondition
  | DeviceCondition
  | MessageCondition;

export type Rule = { all: Rule[] } | { any: Rule[] } | { not: Rule } | Condition;

export type MeasureKind = 'count' | 'sum' | 'min' | 'max' | 'avg' | 'unique';

/** The time of the first or the last of the events. */
export type MomentKind = 'first' | 'last';

/** A question over events that a tenant gave a name, so that rules and profiles can use its figure. */
export interface NamedAggregate {
  name: string;
  event: string;
  where?: PropertyRule;
  measure: MeasureKind | MomentKind;
  /** What is measured; required for all but `count`, `first` and `last`, which have none. */
  property?: string;
  /** Of `first` and `last` a fixed one. */
  within?: Window;
}
