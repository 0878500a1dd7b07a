import type { Json } from '../kernel/index.js';

export type CompareOperator = 'eq' | 'neq' | 'gt' | 'gte' | 'lt' | 'lte' | 'between' | 'in' | 'nin';
export type TextOperator = 'contains' | 'startsWith' | 'endsWith';
export type PresenceOperator = 'exists' | 'missing';
export type TimeOperator = 'before' | 'after' | 'withinLast' | 'notWithinLast' | 'onDay' | 'anniversary';
export type Operator = CompareOperator | TextOperator | PresenceOperator | TimeOperator;

/** `{last: "30d"}` reaches from now back; `between: ["60d", "30d"]` from 60 to 30 days ago; `from`, `to` are RFC 3339. */
export type Window = { last: string } | { from?: string; to?: string } | { between: [string, string] };

export interface CountMeasure {
  op: CompareOperator;
  value: Json;
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

export interface AggregateCondition {
  aggregate: string;
  op: Operator;
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
  message: { campaign?: string; channel?: string; event: string };
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
