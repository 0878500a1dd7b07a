import { type Json, type JsonObject, parseDuration } from '../kernel/index.js';
import { SUMMED_UP_TO, UNIQUE_LIMIT } from '../profile/index.js';
import { isFullDate } from './calendar-day.js';
import { OPERATORS } from './operators.js';
import type { MeasureKind, MeasureOperator, MomentKind, MomentOperator, Operator } from './rule.js';
import { at, item, type RuleMistakes } from './rule-mistakes.js';
import { MAX_DURATION_MS, parseTime, timeOf } from './rule-time.js';

export const ALL_OPERATORS: readonly Operator[] = Object.values(OPERATORS).flat();
export const MEASURE_OPERATORS: readonly MeasureOperator[] = [...OPERATORS.compare, ...OPERATORS.presence];
export const MOMENT_OPERATORS: readonly MomentOperator[] = [...OPERATORS.presence, ...OPERATORS.time];

const TAKES_NO_VALUE: readonly string[] = ['exists', 'missing', 'anniversary'];

type Check = (value: Json, path: string, mistakes: RuleMistakes) => void;

const scalar: Check = (value, path, mistakes) => {
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return;
  const mistake = typeof value === 'string' && value === '' ? undefined : mistakes.textMistake(value);
  if (mistake !== undefined)
    mistakes.add(
      path,
      typeof value === 'string' ? `The value ${mistake}` : 'The value must be text, a number, true or false.',
    );
};

/** The instant or number that an order is asked against. */
const orderable = (value: Json): number | undefined => {
  if (typeof value === 'string') return parseTime(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
};

const ordered: Check = (value, path, mistakes) => {
  if (orderable(value) === undefined)
    mistakes.add(path, 'The value must be a number or an RFC 3339 time such as 2026-01-31T09:00:00Z.');
};

const list =
  (check: Check): Check =>
  (value, path, mistakes) => {
    const { listValues } = mistakes.limits;
    if (!Array.isArray(value) || value.length === 0)
      mistakes.add(path, 'The value must be a list with at least one value.');
    else if (value.length > listValues)
      mistakes.add(path, `A list has at most ${listValues} values. Load more of them as a file segment.`);
    else for (const [index, element] of value.entries()) check(element, item(path, index), mistakes);
  };

const pair =
  (check: Check): Check =>
  (value, path, mistakes) => {
    if (!Array.isArray(value) || value.length !== 2) {
      mistakes.add(path, 'The value must be a list of two bounds, the lower one first.');
      return;
    }
    const [low, high] = value as [Json, Json];
    check(low, item(path, 0), mistakes);
    check(high, item(path, 1), mistakes);
    const bounds = [orderable(low), orderable(high)];
    if (bounds[0] === undefined || bounds[1] === undefined) return;
    if (typeof low !== typeof high) mistakes.add(path, 'Both bounds must be numbers, or both must be times.');
    else if (bounds[0] > bounds[1]) mistakes.add(path, 'The lower bound must come first.');
  };

const someText: Check = (value, path, mistakes) => {
  mistakes.text(value, path, 'The value');
};

const duration: Check = (value, path, mistakes) => {
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  if (ms === undefined) mistakes.add(path, 'The value must be a duration such as 30d, 12h, 15m, 10s or 2w.');
  else if (ms === 0 || ms > MAX_DURATION_MS) mistakes.add(path, 'A duration is more than nothing and at most 36500d.');
};

const CHECKS: Record<Operator, Check> = {
  eq: scalar,
  neq: scalar,
  in: list(scalar),
  nin: list(scalar),
  gt: ordered,
  gte: ordered,
  lt: ordered,
  lte: ordered,
  between: pair(ordered),
  contains: (value, path, mistakes) =>
    typeof value === 'string' ? someText(value, path, mistakes) : scalar(value, path, mistakes),
  startsWith: someText,
  endsWith: someText,
  exists: () => {},
  missing: () => {},
  before: instant,
  after: instant,
  withinLast: duration,
  notWithinLast: duration,
  onDay: (value, path, mistakes) => {
    if (typeof value !== 'string' || !isFullDate(value))
      mistakes.add(path, 'The value must be a day such as 2026-01-31.');
  },
  anniversary: () => {},
};

function instant(value: Json, path: string, mistakes: RuleMistakes): void {
  if (timeOf(value) === undefined)
    mistakes.add(path, 'The value must be an RFC 3339 time such as 2026-01-31T09:00:00Z, or epoch milliseconds.');
}

function checkValue(object: JsonObject, op: Operator, path: string, mistakes: RuleMistakes, check: Check): void {
  const given = Object.hasOwn(object, 'value');
  if (TAKES_NO_VALUE.includes(op)) {
    if (given) mistakes.add(at(path, 'value'), `The operator ${op} takes no value.`);
  } else if (given) check(object.value as Json, at(path, 'value'), mistakes);
  else mistakes.add(at(path, 'value'), `The operator ${op} needs a value.`);
}

/** `op` and `value` of a condition on a path. */
export function checkQuestion(object: JsonObject, path: string, mistakes: RuleMistakes): void {
  const op = object.op;
  if (mistakes.oneOf(op, ALL_OPERATORS, at(path, 'op'), 'The operator'))
    checkValue(object, op, path, mistakes, CHECKS[op]);
}

function figure(kind: MeasureKind | undefined): Check {
  return (value, path, mistakes) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) mistakes.add(path, 'The value must be a number.');
    else if ((kind === 'count' || kind === 'unique') && !(Number.isSafeInteger(value) && value >= 0))
      mistakes.add(path, 'The value must be a whole number, 0 or more.');
    else if (kind === 'unique' && value >= UNIQUE_LIMIT)
      mistakes.add(path, `Different values are told apart up to ${UNIQUE_LIMIT}: ask for less than that.`);
    else if ((kind === 'sum' || kind === 'avg') && Math.abs(value) > SUMMED_UP_TO)
      mistakes.add(path, `The value must lie between -${SUMMED_UP_TO} and ${SUMMED_UP_TO}.`);
  };
}

/** `op` and `value` of what is asked of a named aggregate; without `kind` where that is not known. */
export function checkFigure(
  object: JsonObject,
  kind: MeasureKind | MomentKind | undefined,
  path: string,
  mistakes: RuleMistakes,
): void {
  const { op } = object;
  if (kind === 'first' || kind === 'last') {
    if (mistakes.oneOf(op, MOMENT_OPERATORS, at(path, 'op'), 'The operator'))
      checkValue(object, op, path, mistakes, CHECKS[op]);
  } else if (kind !== undefined || !(OPERATORS.time as readonly unknown[]).includes(op))
    checkMeasure(object, kind, path, mistakes);
  else checkQuestion(object, path, mistakes);
}

/** `op` and `value` of what is asked of a number over events; without `kind` where that is not known. */
export function checkMeasure(
  object: JsonObject,
  kind: MeasureKind | undefined,
  path: string,
  mistakes: RuleMistakes,
): void {
  const op = object.op;
  if (!mistakes.oneOf(op, MEASURE_OPERATORS, at(path, 'op'), 'The operator')) return;
  const one = figure(kind);
  const check = op === 'in' || op === 'nin' ? list(one) : op === 'between' ? pair(one) : one;
  checkValue(object, op, path, mistakes, check);
}
