import { type Json, parseDuration } from '@cdp/core/kernel';
import {
  type CalendarDay,
  calendarDayOf,
  dayAt,
  foldCase,
  MAX_TIME,
  MIN_TIME,
  nextDay,
  type Operator,
  parseTime,
  startOfDay,
  timeOf,
} from '@cdp/core/segment';
import { anniversaryTest } from './anniversary-sql.js';
import { anyOf, holdsNot, type ValueSlots, type ValueTest } from './path-sql.js';
import type { SqlValues } from './sql-values.js';

/** When and where a rule is asked. */
export interface Asking {
  now: number;
  timeZone: string;
}

/** SQL that is true when some value at one path passes a test. */
export type SomeValue = (test: ValueTest) => string;

/** SQL of a condition on the values at one path. The rule was validated: `value` is what the operator takes. */
export function operatorSql(
  op: Operator,
  value: Json | undefined,
  some: SomeValue,
  bound: SqlValues,
  asking: Asking,
): string {
  const given = value as Json;
  switch (op) {
    case 'eq':
      return some(equal(given, bound));
    case 'neq':
      return holdsNot(some(equal(given, bound)));
    case 'in':
      return some(oneOf(given as Json[], bound));
    case 'nin':
      return holdsNot(some(oneOf(given as Json[], bound)));
    case 'gt':
      return some(ordered('>', given, bound));
    case 'gte':
      return some(ordered('>=', given, bound));
    case 'lt':
      return some(ordered('<', given, bound));
    case 'lte':
      return some(ordered('<=', given, bound));
    case 'between': {
      const [low, high] = given as [Json, Json];
      const [above, below] = [ordered('>=', low, bound), ordered('<=', high, bound)];
      return some((slots, inList) => both(above(slots, inList), below(slots, inList)));
    }
    case 'contains':
      return some(contains(given, bound));
    case 'startsWith':
      return some(text('starts_with', given as string, bound));
    case 'endsWith':
      return some(text('ends_with', given as string, bound));
    case 'exists':
      return some(present);
    case 'missing':
      return holdsNot(some(present));
    case 'before':
      return some(instant((ms) => `${ms} < ${bound.whole(timeOf(given) as number)}`));
    case 'after':
      return some(instant((ms) => `${ms} > ${bound.whole(timeOf(given) as number)}`));
    case 'withinLast':
      return some(within(given as string, bound, asking.now));
    case 'notWithinLast':
      return `(${some(instant((ms) => `${ms} IS NOT NULL`))}) AND ${holdsNot(some(within(given as string, bound, asking.now)))}`;
    case 'onDay':
      return some(onDay(given as string, bound, asking.timeZone));
    case 'anniversary':
      return some(anniversaryTest(dayAt(asking.now, asking.timeZone), asking.timeZone, bound));
  }
}

const both = (one: string | undefined, other: string | undefined): string | undefined =>
  one === undefined || other === undefined ? undefined : `(${one} AND ${other})`;

function equal(value: Json, bound: SqlValues): ValueTest {
  if (typeof value === 'string') return ({ t }) => t && `${t} = ${bound.text(value)}`;
  if (typeof value === 'number') return ({ n }) => n && `${n} = ${bound.number(value)}`;
  return ({ b }) => b && `${b} = ${bound.boolean(value as boolean)}`;
}

function oneOf(values: readonly Json[], bound: SqlValues): ValueTest {
  const texts = values.filter((value) => typeof value === 'string').map((value) => bound.text(value));
  const numbers = values.filter((value) => typeof value === 'number').map((value) => bound.number(value));
  const booleans = values.filter((value) => typeof value === 'boolean').map((value) => bound.boolean(value));
  const list = (slot: string | undefined, names: string[]): string | undefined =>
    slot === undefined || names.length === 0 ? undefined : `${slot} IN (${names.join(', ')})`;
  return ({ t, n, b }) => anyOf([list(t, texts), list(n, numbers), list(b, booleans)]);
}

function ordered(comparison: string, value: Json, bound: SqlValues): ValueTest {
  if (typeof value === 'number') return ({ n }) => n && `${n} ${comparison} ${bound.number(value)}`;
  const time = parseTime(value as string) as number;
  return ({ d }) => d && `${d} ${comparison} ${bound.whole(time)}`;
}

/** The text without regard to case. Where it is plain ASCII its folding is not kept, since there `lower` is the same. */
const folded = ({ t, f }: ValueSlots): string => (f === undefined ? `lower(${t})` : `coalesce(${f}, lower(${t}))`);

function text(name: 'contains' | 'starts_with' | 'ends_with', part: string, bound: SqlValues): ValueTest {
  return (slots) => slots.t && `${name}(${folded(slots)}, ${bound.text(foldCase(part))})`;
}

function contains(value: Json, bound: SqlValues): ValueTest {
  const element = equal(value, bound);
  const inText = typeof value === 'string' ? text('contains', value, bound) : () => undefined;
  return (slots, inList) => (inList ? element(slots, inList) : inText(slots, inList));
}

const present: ValueTest = ({ t, n, b, o }) =>
  anyOf([t, n, b, o].map((slot) => (slot === undefined ? undefined : `${slot} IS NOT NULL`)));

/** A test of the instant that a value names: RFC 3339 text, or a number in the range of such text. */
function instant(test: (ms: string) => string): ValueTest {
  return ({ d, n }) => anyOf([d && `(${test(d)})`, n && numberInstant(n, test)]);
}

const numberInstant = (n: string, test: (ms: string) => string): string =>
  `(floor(${n}) BETWEEN ${MIN_TIME} AND ${MAX_TIME} AND ${test(`floor(${n})`)})`;

function within(duration: string, bound: SqlValues, now: number): ValueTest {
  const start = bound.whole(now - (parseDuration(duration) as number));
  const end = bound.whole(now);
  return instant((ms) => `${ms} >= ${start} AND ${ms} < ${end}`);
}

function onDay(day: string, bound: SqlValues, zone: string): ValueTest {
  const date = calendarDayOf(day, 'UTC') as CalendarDay;
  const start = bound.whole(startOfDay(date, zone));
  const end = bound.whole(startOfDay(nextDay(date), zone));
  const inside = (ms: string): string => `${ms} >= ${start} AND ${ms} < ${end}`;
  return ({ t, d, n }) =>
    anyOf([
      d && `CASE WHEN strlen(${t}) = 10 THEN ${t} = ${bound.text(day)} ELSE ${inside(d)} END`,
      n && numberInstant(n, inside),
    ]);
}
