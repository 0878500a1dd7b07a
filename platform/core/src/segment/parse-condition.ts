import type { Json, JsonObject } from '../kernel/index.js';
import { MESSAGE_EVENTS, type MessageOutcome, MOVING_OPERATORS } from './operators.js';
import { checkFigure, checkMeasure, checkQuestion } from './parse-question.js';
import { checkWindow } from './parse-window.js';
import type { MeasureKind, NamedAggregate } from './rule.js';
import { at, type RuleMistakes } from './rule-mistakes.js';
import { checkTree } from './rule-tree.js';

/** What a rule may name. A name that is not among them is a mistake; without the list, any name is taken. */
export interface Names {
  segments?: { has(id: string): boolean };
  aggregates?: { get(name: string): NamedAggregate | undefined };
}

export const CONDITION_KINDS = ['trait', 'event', 'aggregate', 'segment', 'consent', 'device', 'message'] as const;

const MEASURES: readonly MeasureKind[] = ['count', 'sum', 'min', 'max', 'avg', 'unique'];
const PLATFORMS = ['ios', 'android', 'web'] as const;
const STATUSES = ['granted', 'denied', 'pending'] as const;

/** A filter over the properties of an event. */
export function checkFilter(value: unknown, path: string, mistakes: RuleMistakes): void {
  checkTree(value, path, mistakes, ['property'], (object, _kind, where) => {
    mistakes.onlyKeys(object, where, ['property', 'op', 'value']);
    mistakes.path(object.property, at(where, 'property'));
    const op = object.op;
    if (typeof op === 'string' && MOVING_OPERATORS.includes(op))
      mistakes.add(at(where, 'op'), `A filter over events cannot look at the clock with ${op}. Use within beside it.`);
    else checkQuestion(object, where, mistakes);
  });
}

function event(object: JsonObject, path: string, mistakes: RuleMistakes): void {
  mistakes.onlyKeys(object, path, ['event', 'where', 'within', ...MEASURES]);
  mistakes.text(object.event, at(path, 'event'), 'The name of the event');
  if (object.where !== undefined) checkFilter(object.where, at(path, 'where'), mistakes);
  if (object.within !== undefined) checkWindow(object.within, at(path, 'within'), mistakes);
  const asked = MEASURES.filter((kind) => object[kind] !== undefined);
  if (asked.length > 1)
    mistakes.add(
      path,
      `A condition asks for one figure; this asks for ${asked.join(' and ')}. Write one condition for each.`,
    );
  for (const kind of asked) {
    const where = at(path, kind);
    const measure = mistakes.object(object[kind], where, 'A measure');
    if (measure === undefined) continue;
    mistakes.onlyKeys(measure, where, kind === 'count' ? ['op', 'value'] : ['property', 'op', 'value']);
    if (kind !== 'count') mistakes.path(measure.property, at(where, 'property'));
    checkMeasure(measure, kind, where, mistakes);
  }
}

function message(object: JsonObject, path: string, mistakes: RuleMistakes): void {
  mistakes.onlyKeys(object, path, ['message', 'within']);
  if (object.within !== undefined) checkWindow(object.within, at(path, 'within'), mistakes);
  const where = at(path, 'message');
  const asked = mistakes.object(object.message, where, 'A message condition');
  if (asked === undefined) return;
  mistakes.onlyKeys(asked, where, ['campaign', 'channel', 'event']);
  mistakes.oneOf(
    asked.event,
    Object.keys(MESSAGE_EVENTS) as MessageOutcome[],
    at(where, 'event'),
    'What became of the message',
  );
  for (const key of ['campaign', 'channel'])
    if (asked[key] !== undefined) mistakes.text(asked[key], at(where, key), `The ${key}`);
}

function consent(object: JsonObject, path: string, mistakes: RuleMistakes): void {
  mistakes.onlyKeys(object, path, ['consent']);
  const where = at(path, 'consent');
  const asked = mistakes.object(object.consent, where, 'A consent condition');
  if (asked === undefined) return;
  mistakes.onlyKeys(asked, where, ['channel', 'purpose', 'status']);
  mistakes.text(asked.channel, at(where, 'channel'), 'The channel');
  if (asked.purpose !== undefined) mistakes.text(asked.purpose, at(where, 'purpose'), 'The purpose');
  mistakes.oneOf(asked.status, STATUSES, at(where, 'status'), 'The status');
}

function named(
  value: Json | undefined,
  path: string,
  mistakes: RuleMistakes,
  what: string,
  known: (name: string) => boolean,
): void {
  if (mistakes.text(value, path, `The ${what}`) && !known(value)) mistakes.add(path, `There is no ${what} "${value}".`);
}

export function checkCondition(
  object: JsonObject,
  kind: string,
  path: string,
  mistakes: RuleMistakes,
  names: Names,
): void {
  switch (kind) {
    case 'trait':
      mistakes.onlyKeys(object, path, ['trait', 'op', 'value']);
      mistakes.path(object.trait, at(path, 'trait'));
      checkQuestion(object, path, mistakes);
      break;
    case 'event':
      event(object, path, mistakes);
      break;
    case 'message':
      message(object, path, mistakes);
      break;
    case 'consent':
      consent(object, path, mistakes);
      break;
    case 'aggregate': {
      const { aggregates } = names;
      mistakes.onlyKeys(object, path, ['aggregate', 'op', 'value']);
      const has = (name: string): boolean => aggregates === undefined || aggregates.get(name) !== undefined;
      named(object.aggregate, at(path, 'aggregate'), mistakes, 'aggregate', has);
      const aggregate = typeof object.aggregate === 'string' ? aggregates?.get(object.aggregate) : undefined;
      checkFigure(object, aggregate?.measure, path, mistakes);
      break;
    }
    case 'segment':
      mistakes.onlyKeys(object, path, ['segment']);
      named(object.segment, at(path, 'segment'), mistakes, 'segment', (id) => names.segments?.has(id) ?? true);
      break;
    case 'device': {
      mistakes.onlyKeys(object, path, ['device']);
      const where = at(path, 'device');
      const asked = mistakes.object(object.device, where, 'A device condition');
      if (asked === undefined) break;
      mistakes.onlyKeys(asked, where, ['platform']);
      mistakes.oneOf(asked.platform, PLATFORMS, at(where, 'platform'), 'The platform');
    }
  }
}
