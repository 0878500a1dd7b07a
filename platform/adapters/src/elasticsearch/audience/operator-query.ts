import { type Json, parseDuration } from '@cdp/core/kernel';
import {
  type CalendarDay,
  calendarDayOf,
  foldCase,
  MAX_TIME,
  MIN_TIME,
  nextDay,
  type Operator,
  parseTime,
  startOfDay,
  timeOf,
} from '@cdp/core/segment';
import { anniversaryBounds } from './anniversary-query.js';
import { anyBounds, anyOf, type Bounds, exactly, NOTHING, notBounds, type Query } from './query.js';
import { sortable, textTerm } from './value-term.js';
import type { ValuesAtPath } from './values-at-path.js';

/** When and where a rule is asked. */
export interface Asking {
  now: number;
  timeZone: string;
}

/** Signs of a pattern: longer ones cost the engine more to make ready than to look at the documents that have the rest. */
export const LONGEST_PATTERN = 48;

/** As much of a beginning; the engine takes no term of more than some thousand signs for one. */
const LONGEST_START = 400;

/** A condition on the values at one path. The rule was validated: `value` is what the operator takes. */
export function operatorBounds(op: Operator, value: Json | undefined, at: ValuesAtPath, asking: Asking): Bounds {
  const given = value as Json;
  switch (op) {
    case 'eq':
      return exactly(equal(at, [given]));
    case 'neq':
      return exactly(notQuery(equal(at, [given])));
    case 'in':
      return exactly(equal(at, given as Json[]));
    case 'nin':
      return exactly(notQuery(equal(at, given as Json[])));
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return exactly(ordered(at, { [op]: bound(given) }, typeof given === 'string'));
    case 'between': {
      const [low, high] = given as [Json, Json];
      return exactly(ordered(at, { gte: bound(low), lte: bound(high) }, typeof low === 'string'));
    }
    case 'contains':
      return contains(at, given);
    case 'startsWith':
      return startsWith(at, given as string);
    case 'endsWith':
      return endsWith(at, given as string);
    case 'exists':
      return exactly(at.present());
    case 'missing':
      return exactly(notQuery(at.present()));
    case 'before':
      return exactly(instants(at, { lt: timeOf(given) as number }));
    case 'after':
      return exactly(instants(at, { gte: (timeOf(given) as number) + 1 }));
    case 'withinLast':
      return exactly(withinLast(at, given as string, asking.now));
    case 'notWithinLast':
      return notWithinLast(at, given as string, asking.now);
    case 'onDay':
      return exactly(onDay(at, given as string, asking.timeZone));
    case 'anniversary':
      return anniversaryBounds(at, asking);
  }
}

const notQuery = (query: Query): Query => notBounds(exactly(query)).may;

const bound = (value: Json): number => (typeof value === 'string' ? (parseTime(value) as number) : (value as number));

const scalarTerm = (value: Json): [kind: 'e' | 's' | 'h' | 'n' | 'b', text: string] => {
  if (typeof value === 'string') return textTerm(value);
  return typeof value === 'number' ? ['n', sortable(value)] : ['b', value ? '1' : '0'];
};

const equal = (at: ValuesAtPath, values: readonly Json[]): Query =>
  at.terms(values.map(scalarTerm).flatMap(([kind, text]) => [at.term(kind, text), at.term(kind, text, true)]));

interface Range {
  gt?: number;
  gte?: number;
  lt?: number;
  lte?: number;
}

const ordered = (at: ValuesAtPath, range: Range, ofTimes: boolean): Query =>
  at.inOrder(ofTimes ? ['d', 'i'] : ['n'], range);

/** Values that name an instant in the range. */
export const instants = (at: ValuesAtPath, range: { gte?: number; lt?: number }): Query =>
  anyOf([
    at.inOrder(['d', 'i'], range),
    at.inOrder(['n'], {
      gte: Math.max(Math.ceil(range.gte ?? MIN_TIME), MIN_TIME),
      lt: Math.min(Math.ceil(range.lt ?? MAX_TIME + 1), MAX_TIME + 1),
    }),
  ]);

const withinLast = (at: ValuesAtPath, length: string, now: number): Query =>
  instants(at, { gte: now - (parseDuration(length) as number), lt: now });

const notWithinLast = (at: ValuesAtPath, length: string, now: number): Bounds =>
  exactly({ bool: { filter: [instants(at, {})], must_not: [withinLast(at, length, now)] } });

function onDay(at: ValuesAtPath, day: string, zone: string): Query {
  const date = calendarDayOf(day, 'UTC') as CalendarDay;
  const inZone = { gte: startOfDay(date, zone), lt: startOfDay(nextDay(date), zone) };
  const midnight = sortable(parseTime(day) as number);
  return anyOf([at.terms([at.term('d', midnight), at.term('d', midnight, true)]), at.inOrder(['i', 'n'], inZone)]);
}

const TEXTS = ['e', 'f'] as const;

function contains(at: ValuesAtPath, value: Json): Bounds {
  const [kind, text] = scalarTerm(value);
  const inList = exactly(at.terms([at.term(kind, text, true)]));
  if (typeof value !== 'string') return inList;
  const { piece, isWhole } = pieceOf(value, (signs) => signs.slice(0, LONGEST_PATTERN));
  const found = TEXTS.map((one) => at.like(one, false, `*${escaped(piece)}*`));
  return anyBounds([inList, textBounds(found, isWhole, [at.longTexts(false)])]);
}

function startsWith(at: ValuesAtPath, value: string): Bounds {
  const { piece, isWhole } = pieceOf(value, (signs) => signs.slice(0, LONGEST_START));
  const found = TEXTS.flatMap((kind) => [at.startingWith(kind, false, piece), at.startingWith(kind, true, piece)]);
  return textBounds(found, isWhole, [at.longTexts(false), at.longTexts(true)]);
}

function endsWith(at: ValuesAtPath, value: string): Bounds {
  const { piece, isWhole } = pieceOf(value, (signs) => signs.slice(-LONGEST_PATTERN));
  const pattern = `*${escaped(piece)}`;
  const found = TEXTS.flatMap((kind) => [at.like(kind, false, pattern), at.like(kind, true, pattern)]);
  return textBounds(found, isWhole, [at.longTexts(false), at.longTexts(true)]);
}

/** Texts that are too long for a term may contain anything; a piece of a text is found in more than the whole. */
function textBounds(found: readonly Query[], isWhole: boolean, longTexts: readonly Query[]): Bounds {
  const texts = anyOf(found);
  return { may: anyOf([texts, ...longTexts]), sure: isWhole ? texts : NOTHING };
}

/** A piece of a text, folded, by which it is looked for; of half a pair of UTF-16, which no term holds, none. */
export function pieceOf(text: string, cut: (signs: string[]) => string[]): { piece: string; isWhole: boolean } {
  const folded = foldCase(text);
  if (!folded.isWellFormed()) return { piece: '', isWhole: false };
  const signs = Array.from(folded);
  const piece = cut(signs);
  return { piece: piece.join(''), isWhole: piece.length === signs.length };
}

/** As a part of a pattern that stands for itself. */
export const escaped = (text: string): string => text.replaceAll(/[\\*?]/g, '\\$&');
