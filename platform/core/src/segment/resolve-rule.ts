import { invalid, type Json } from '../kernel/index.js';
import { MESSAGE_EVENTS } from './operators.js';
import { splitPath } from './property-path.js';
import type {
  AggregateCondition,
  EventCondition,
  MeasureKind,
  MeasureOperator,
  MessageCondition,
  MomentKind,
  MomentOperator,
  NamedAggregate,
  Operator,
  PropertyRule,
  Rule,
} from './rule.js';
import { type Span, spanOf } from './rule-time.js';

/** What the names in a rule stand for. */
export interface RuleCatalog {
  /** Rules of segments by id. */
  segments: ReadonlyMap<string, Rule>;
  /** The tenant's aggregates by name. */
  aggregates: ReadonlyMap<string, NamedAggregate>;
}

export type ResolvedPropertyRule =
  | { kind: 'all' | 'any'; rules: ResolvedPropertyRule[] }
  | { kind: 'not'; rule: ResolvedPropertyRule }
  | { kind: 'property'; path: string[]; op: Operator; value: Json | undefined };

/** A figure over events: which of them count, and what is made of them. */
export interface EventFigure {
  event: string;
  /** Only events of this type; of any when absent. */
  type?: 'message';
  where?: ResolvedPropertyRule;
  measure: MeasureKind | MomentKind;
  /** Path of what is measured; of all but `count`, `first` and `last`. */
  property?: string[];
  span: Span;
}

/** A number over events, and what is asked of it. */
export interface EventQuestion extends EventFigure {
  kind: 'event';
  measure: MeasureKind;
  op: MeasureOperator;
  value: Json | undefined;
}

/** The time of the first or the last of some events, and what is asked of it. Its window does not slide. */
export interface MomentQuestion extends EventFigure {
  kind: 'moment';
  measure: MomentKind;
  op: MomentOperator;
  value: Json | undefined;
}

/**
 * A rule in its smallest language, from which every evaluator is made: paths are split, windows are numbers, defaults are
 * filled in, message and aggregate conditions are the event questions that they stand for, nested segments carry
 * their rules.
 */
export type ResolvedRule =
  | { kind: 'all' | 'any'; rules: ResolvedRule[] }
  | { kind: 'not'; rule: ResolvedRule }
  | { kind: 'trait'; path: string[]; op: Operator; value: Json | undefined }
  | EventQuestion
  | MomentQuestion
  | { kind: 'segment'; id: string; rule: ResolvedRule }
  | { kind: 'consent'; channel: string; purpose?: string; status: string }
  | { kind: 'device'; platform: string };

export function resolvePropertyRule(rule: PropertyRule): ResolvedPropertyRule {
  if ('all' in rule) return { kind: 'all', rules: rule.all.map(resolvePropertyRule) };
  if ('any' in rule) return { kind: 'any', rules: rule.any.map(resolvePropertyRule) };
  if ('not' in rule) return { kind: 'not', rule: resolvePropertyRule(rule.not) };
  return { kind: 'property', path: splitPath(rule.property), op: rule.op, value: rule.value };
}

const where = (rule: PropertyRule | undefined): { where?: ResolvedPropertyRule } =>
  rule === undefined ? {} : { where: resolvePropertyRule(rule) };

const MEASURES: readonly MeasureKind[] = ['count', 'sum', 'min', 'max', 'avg', 'unique'];

function resolveEvent(condition: EventCondition): EventQuestion {
  const base = {
    kind: 'event',
    event: condition.event,
    ...where(condition.where),
    span: spanOf(condition.within),
  } as const;
  const measure = MEASURES.find((kind) => condition[kind] !== undefined);
  if (measure === undefined) return { ...base, measure: 'count', op: 'gte', value: 1 };
  if (measure === 'count') {
    const count = condition.count as { op: MeasureOperator; value?: Json };
    return { ...base, measure, op: count.op, value: count.value };
  }
  const { property, op, value } = condition[measure] as { property: string; op: MeasureOperator; value?: Json };
  return { ...base, measure, property: splitPath(property), op, value };
}

function resolveMessage({ message, within }: MessageCondition): EventQuestion {
  const filters: ResolvedPropertyRule[] = [];
  const equal = (property: string, value: string) =>
    filters.push({ kind: 'property', path: [property], op: 'eq', value });
  if (message.campaign !== undefined) equal('campaignId', message.campaign);
  if (message.channel !== undefined) equal('channel', message.channel);
  if (message.event === 'opened' || message.event === 'clicked')
    filters.push({ kind: 'property', path: ['machine'], op: 'neq', value: true });
  return {
    kind: 'event',
    event: MESSAGE_EVENTS[message.event],
    type: 'message',
    ...(filters.length === 0 ? {} : { where: { kind: 'all', rules: filters } }),
    measure: 'count',
    op: 'gte',
    value: 1,
    span: spanOf(within),
  };
}

/** The figure that a name stands for. */
export const resolveNamed = ({ event, where: filter, measure, property, within }: NamedAggregate): EventFigure => ({
  event,
  ...where(filter),
  measure,
  ...(property === undefined ? {} : { property: splitPath(property) }),
  span: spanOf(within),
});

function resolveAggregate(
  { aggregate: name, op, value }: AggregateCondition,
  catalog: RuleCatalog,
): EventQuestion | MomentQuestion {
  const aggregate = catalog.aggregates.get(name);
  if (aggregate === undefined) throw invalid('aggregate', `There is no aggregate named "${name}".`);
  const figure = resolveNamed(aggregate);
  const { measure } = figure;
  // What one kind of figure cannot be asked was refused when the rule, or the aggregate that it names, was checked.
  return measure === 'first' || measure === 'last'
    ? { ...figure, kind: 'moment', measure, op: op as MomentOperator, value }
    : { ...figure, kind: 'event', measure, op: op as MeasureOperator, value };
}

/** Throws `CdpError('invalid')` where the rule names a segment or aggregate that the catalog lacks, or goes in a circle. */
export function resolveRule(rule: Rule, catalog: RuleCatalog, inside: readonly string[] = []): ResolvedRule {
  const resolve = (inner: Rule): ResolvedRule => resolveRule(inner, catalog, inside);
  if ('all' in rule) return { kind: 'all', rules: rule.all.map(resolve) };
  if ('any' in rule) return { kind: 'any', rules: rule.any.map(resolve) };
  if ('not' in rule) return { kind: 'not', rule: resolve(rule.not) };
  if ('trait' in rule) return { kind: 'trait', path: splitPath(rule.trait), op: rule.op, value: rule.value };
  if ('event' in rule) return resolveEvent(rule);
  if ('message' in rule) return resolveMessage(rule);
  if ('aggregate' in rule) return resolveAggregate(rule, catalog);
  if ('consent' in rule) return { kind: 'consent', ...rule.consent };
  if ('device' in rule) return { kind: 'device', platform: rule.device.platform };
  const nested = catalog.segments.get(rule.segment);
  if (nested === undefined) throw invalid('segment', `There is no segment "${rule.segment}".`);
  if (inside.includes(rule.segment))
    throw invalid('segment', `The segments go in a circle: ${[...inside, rule.segment].join(' > ')}.`);
  return { kind: 'segment', id: rule.segment, rule: resolveRule(nested, catalog, [...inside, rule.segment]) };
}
