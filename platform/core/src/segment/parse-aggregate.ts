import { isJsonObject, type JsonObject } from '../kernel/index.js';
import { checkFilter } from './parse-condition.js';
import { invalidWith } from './parse-rule.js';
import { checkWindow } from './parse-window.js';
import type { MeasureKind, MomentKind, NamedAggregate } from './rule.js';
import { type RuleLimits, RuleMistakes } from './rule-mistakes.js';

const MEASURES_OF_EVENTS = ['count', 'first', 'last'] as const;
export const AGGREGATE_MEASURES: readonly (MeasureKind | MomentKind)[] = [
  ...MEASURES_OF_EVENTS,
  'sum',
  'min',
  'max',
  'avg',
  'unique',
];

/** What templates can write after `profile.aggregates.` */
export const AGGREGATE_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

const isFixed = (window: JsonObject): boolean => !('last' in window) && !('between' in window);

/** The aggregate that a client defined; throws `CdpError('invalid')` with all mistakes when it is none. */
export function requireNamedAggregate(input: unknown, limits: Partial<RuleLimits> = {}): NamedAggregate {
  const mistakes = new RuleMistakes(limits);
  const object = mistakes.object(input, '', 'An aggregate');
  if (object !== undefined) {
    mistakes.onlyKeys(object, '', ['name', 'event', 'where', 'measure', 'property', 'within']);
    if (typeof object.name !== 'string' || !AGGREGATE_NAME.test(object.name))
      mistakes.add('name', 'The name must be a letter and up to 63 more letters, digits and _.');
    mistakes.text(object.event, 'event', 'The name of the event');
    if (object.where !== undefined) checkFilter(object.where, 'where', mistakes);
    if (object.within !== undefined) checkWindow(object.within, 'within', mistakes);
    const { measure } = object;
    if (mistakes.oneOf(measure, AGGREGATE_MEASURES, 'measure', 'The measure')) {
      if (!(MEASURES_OF_EVENTS as readonly string[]).includes(measure)) mistakes.path(object.property, 'property');
      else if (object.property !== undefined) mistakes.add('property', `A ${measure} measures no property.`);
      // Of what a sliding window leaves behind, a profile with very many events keeps sums, but not each time.
      if ((measure === 'first' || measure === 'last') && isJsonObject(object.within) && !isFixed(object.within))
        mistakes.add('within', `A ${measure} is of all time, or of a window {from, to}.`);
    }
  }
  if (mistakes.errors.length > 0) throw invalidWith('The aggregate has mistakes.', mistakes.errors);
  return input as NamedAggregate;
}
