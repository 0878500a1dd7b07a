import type { Json } from '../kernel/index.js';
import {
  anniversaryIn,
  type CalendarDay,
  calendarDayOf,
  dayAt,
  isFullDate,
  nextDay,
  startOfDay,
} from './calendar-day.js';
import { foldCase } from './fold-case.js';
import type { ValueTest } from './property-path.js';
import type { Operator } from './rule.js';
import { parseTime, type Span, spanOf, timeOf } from './rule-time.js';

/** An operator with its value, made ready once. It holds when some value passes `some` and none passes `none`. */
export interface CompiledOperator {
  some?: ValueTest;
  none?: ValueTest;
  /** For the operators that look at the clock: the tests as of an instant, in place of those above. */
  at?: (now: number) => { some?: ValueTest; none?: ValueTest };
  /** The instants after `now` at which the answer for one value may change; with `complete` there are no others. */
  turnsOf?: (value: Json, now: number) => number[];
}

const order = (test: (value: number) => boolean, isTime: boolean): ValueTest =>
  isTime
    ? (value) => {
        if (typeof value !== 'string') return false;
        const time = parseTime(value);
        return time !== undefined && test(time);
      }
    : (value) => typeof value === 'number' && test(value);

const bound = (value: Json): number => (typeof value === 'string' ? (parseTime(value) as number) : (value as number));

const oneOf = (values: Json): ValueTest => {
  const set = new Set(values as Json[]);
  return (value) => set.has(value);
};

const text = (value: Json, holds: (text: string, part: string) => boolean): ValueTest => {
  const part = foldCase(value as string);
  return (candidate) => typeof candidate === 'string' && holds(foldCase(candidate), part);
};

function contains(value: Json): ValueTest {
  const inText = typeof value === 'string' ? text(value, (whole, part) => whole.includes(part)) : () => false;
  return (candidate, inList) => (inList ? candidate === value : inText(candidate, false));
}

const time = (test: (ms: number) => boolean): ValueTest => {
  return (value) => {
    const ms = timeOf(value);
    return ms !== undefined && test(ms);
  };
};

const isTime = time(() => true);

const within = (span: Extract<Span, { kind: 'sliding' }>, now: number): ValueTest =>
  time((ms) => ms >= now - span.startAgo && ms < now);

function onDay(value: Json, zone: string): ValueTest {
  const text = value as string;
  const day = calendarDayOf(text, 'UTC') as CalendarDay;
  const start = startOfDay(day, zone);
  const end = startOfDay(nextDay(day), zone);
  return (candidate) => {
    if (typeof candidate === 'string' && isFullDate(candidate)) return candidate === text;
    const ms = timeOf(candidate);
    return ms !== undefined && ms >= start && ms < end;
  };
}

function isAnniversary(today: CalendarDay, zone: string): ValueTest {
  return (value) => {
    const date = calendarDayOf(value, zone);
    if (date === undefined || date.year >= today.year) return false;
    const anniversary = anniversaryIn(today.year, date);
    return anniversary.month === today.month && anniversary.day === today.day;
  };
}

/** Starts and ends of the next anniversaries: of this year, and of the two that follow the later of this and the date's. */
function anniversaryTurns(value: Json, now: number, zone: string): number[] {
  const date = calendarDayOf(value, zone);
  if (date === undefined) return [];
  const thisYear = dayAt(now, zone).year;
  const turns: number[] = [];
  for (let year = Math.max(thisYear, date.year + 1); year <= Math.max(thisYear, date.year) + 2 && year < 9999; year++) {
    const day = anniversaryIn(year, date);
    turns.push(startOfDay(day, zone), startOfDay(nextDay(day), zone));
  }
  return turns.filter((turn) => turn > now);
}

function movingOperator(
  op: 'withinLast' | 'notWithinLast' | 'anniversary',
  value: Json,
  zone: string,
): CompiledOperator {
  if (op === 'anniversary')
    return {
      at: (now) => ({ some: isAnniversary(dayAt(now, zone), zone) }),
      turnsOf: (candidate, now) => anniversaryTurns(candidate, now, zone),
    };
  const span = spanOf({ last: value as string }) as Extract<Span, { kind: 'sliding' }>;
  return {
    at: (now) => (op === 'withinLast' ? { some: within(span, now) } : { some: isTime, none: within(span, now) }),
    turnsOf: (candidate, now) => {
      const ms = timeOf(candidate);
      return ms === undefined ? [] : [ms + 1, ms + span.startAgo + 1].filter((turn) => turn > now);
    },
  };
}

/** The operator as tests of single values. The rule was validated: `value` is what the operator takes. */
export function compileOperator(op: Operator, value: Json | undefined, zone: string): CompiledOperator {
  const given = value as Json;
  const ofTimes = typeof given === 'string';
  switch (op) {
    case 'eq':
      return { some: (candidate) => candidate === given };
    case 'neq':
      return { none: (candidate) => candidate === given };
    case 'in':
      return { some: oneOf(given) };
    case 'nin':
      return { none: oneOf(given) };
    case 'gt':
      return { some: order((number) => number > bound(given), ofTimes) };
    case 'gte':
      return { some: order((number) => number >= bound(given), ofTimes) };
    case 'lt':
      return { some: order((number) => number < bound(given), ofTimes) };
    case 'lte':
      return { some: order((number) => number <= bound(given), ofTimes) };
    case 'between': {
      const [low, high] = given as [Json, Json];
      const [lowest, highest] = [bound(low), bound(high)];
      return { some: order((number) => number >= lowest && number <= highest, typeof low === 'string') };
    }
    case 'contains':
      return { some: contains(given) };
    case 'startsWith':
      return { some: text(given, (whole, part) => whole.startsWith(part)) };
    case 'endsWith':
      return { some: text(given, (whole, part) => whole.endsWith(part)) };
    case 'exists':
      return { some: () => true };
    case 'missing':
      return { none: () => true };
    case 'before': {
      const end = timeOf(given) as number;
      return { some: time((ms) => ms < end) };
    }
    case 'after': {
      const start = timeOf(given) as number;
      return { some: time((ms) => ms > start) };
    }
    case 'onDay':
      return { some: onDay(given, zone) };
    case 'withinLast':
    case 'notWithinLast':
    case 'anniversary':
      return movingOperator(op, given, zone);
  }
}
