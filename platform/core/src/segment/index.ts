export type { MembershipChange } from '../profile/index.js';
export type { Aggregate } from './aggregate.js';
export { aggregateDefinition } from './aggregate-definition.js';
export { AggregateService, type AggregateServiceParts } from './aggregate-service.js';
export { AggregateStore } from './aggregate-store.js';
export { AggregateValues, type AggregateValuesParts, type ProfileFigures } from './aggregate-values.js';
export { Audience, type BuildRequest, type BuildResult, type RuleContext } from './audience.js';
export { AudienceProjection } from './audience-projection.js';
export { anniversaryIn, type CalendarDay, calendarDayOf, dayAt, nextDay, startOfDay } from './calendar-day.js';
export { type CompileContext, type CompiledRule, compileRule } from './compile-rule.js';
export { DefinitionChanges } from './definition-changes.js';
export { type Due, DueIndex } from './due-index.js';
export { DueTicker } from './due-ticker.js';
export { type FigureTest, figureTest } from './figure-test.js';
export { caseFoldings, foldCase } from './fold-case.js';
export { FollowedWriters, type FollowedWritersParts } from './followed-writers.js';
export { type LiveAggregate, liveAggregate } from './live-aggregate.js';
export { LiveSegmentation, type LiveSegmentationParts } from './live-segmentation.js';
export { MESSAGE_EVENTS, type MessageOutcome, MOVING_OPERATORS, OPERATORS } from './operators.js';
export { requireNamedAggregate } from './parse-aggregate.js';
export { type ParsedRule, type ParseOptions, parseRule, requireRule } from './parse-rule.js';
export {
  type EventFigure,
  type EventQuestion,
  type MomentQuestion,
  type ResolvedPropertyRule,
  type ResolvedRule,
  type RuleCatalog,
  resolveRule,
} from './resolve-rule.js';
export type {
  AggregateCondition,
  CompareOperator,
  Condition,
  ConsentCondition,
  CountMeasure,
  DeviceCondition,
  EventCondition,
  MeasureKind,
  MeasureOperator,
  MessageCondition,
  MomentKind,
  MomentOperator,
  NamedAggregate,
  Operator,
  PresenceOperator,
  PropertyRule,
  Rule,
  Scalar,
  SegmentCondition,
  TextOperator,
  TimeOperator,
  TraitCondition,
  ValueMeasure,
  Window,
} from './rule.js';
export { type LiveSegment, RuleIndex } from './rule-index.js';
export { aggregateJsonSchema, ruleJsonSchema } from './rule-json-schema.js';
export { RULE_LIMITS, type RuleLimits } from './rule-mistakes.js';
export type { Explanation, RuleSubject, Touches } from './rule-node.js';
export { MAX_TIME, MIN_TIME, parseTime, type Span, timeOf } from './rule-time.js';
export type { LiveVersion, Segment, SegmentState } from './segment.js';
export { SegmentBuilder, type SegmentBuilderParts, type SegmentJob, segmentJob } from './segment-builder.js';
export { SegmentCatalog, type SegmentCatalogParts } from './segment-catalog.js';
export { aggregatesIn, circleThrough, conditionsWithin, dependentsOf, nestedIn, usersOf } from './segment-graph.js';
export {
  type ProfileSegment,
  type RulePreview,
  SegmentService,
  type SegmentServiceParts,
  type SizedSegment,
} from './segment-service.js';
export { SegmentStore } from './segment-store.js';
export { StalledBuilds } from './stalled-builds.js';
export { WriterRoll } from './writer-roll.js';
export { WriterSeat } from './writer-seat.js';
export { PausedWriters, WritersTurn } from './writers-turn.js';
