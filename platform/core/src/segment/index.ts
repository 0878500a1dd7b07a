export { Audience, type BuildRequest, type BuildResult, type MembershipChange, type RuleContext } from './audience.js';
export { type Due, DueIndex } from './due-index.js';
export type {
  AggregateCondition,
  CompareOperator,
  Condition,
  ConsentCondition,
  CountMeasure,
  DeviceCondition,
  EventCondition,
  MessageCondition,
  Operator,
  PresenceOperator,
  PropertyRule,
  Rule,
  SegmentCondition,
  TextOperator,
  TimeOperator,
  TraitCondition,
  ValueMeasure,
  Window,
} from './rule.js';
