import { DateTime } from 'luxon';
import { type Json, parseDuration } from '../kernel/index.js';
import type { Window } from './rule.js';

const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;
const FULL_DATE = /^(\d{4})-(\d\d)-(\d\d)$/;

/** The years 0 to 9999 in UTC: what RFC 3339 can write. */
export const MIN_TIME = -62_167_219_200_000;
export const MAX_TIME = 253_402_300_799_999;

/** A hundred years: no window or duration of a rule reaches further. */
export const MAX_DURATION_MS = 36_500 * 86_400_000;

const inRange = (ms: number): number | undefined => (ms >= MIN_TIME && ms <= MAX_TIME ? ms : undefined);

function utcDay(year: string, month: string, day: string): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getUTCDate() === Number(day) && date.getUTCMonth() === Number(month) - 1 ? date.getTime() : undefined;
}

/** Epoch milliseconds of RFC 3339 `date-time` or `full-date` text; undefined when it is neither. */
export function parseTime(text: string): number | undefined {
  if (text.length < 10 || text.charCodeAt(4) !== 45) return undefined;
  const date = FULL_DATE.exec(text);
  if (date) return utcDay(date[1] as string, date[2] as string, date[3] as string);
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const day = utcDay(match[1] as string, match[2] as string, match[3] as string);
  if (day === undefined) return undefined;
  const clock = (Number(match[4]) * 60 + Number(match[5])) * 60_000 + Number(match[6]) * 1000;
  const ms = match[7] === undefined ? 0 : Number(match[7].slice(0, 3).padEnd(3, '0'));
  const offset = match[8] === undefined ? 0 : (Number(match[9]) * 60 + Number(match[10])) * 60_000;
  return inRange(day + clock + ms - (match[8] === '-' ? -offset : offset));
}

/** The instant that a value names, in epoch milliseconds: RFC 3339 text, or a number that is one already. */
export function timeOf(value: Json): number | undefined {
  if (typeof value === 'string') return parseTime(value);
  if (typeof value === 'number') return inRange(Math.floor(value));
  return undefined;
}

export interface CalendarDay {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
}

export const isFullDate = (text: string): boolean => FULL_DATE.test(text) && parseTime(text) !== undefined;

/** The calendar day that a value names: of a `full-date` that day, of a time its day in the zone. */
export function calendarDayOf(value: Json, zone: string): CalendarDay | undefined {
  const ms = timeOf(value);
  if (ms === undefined) return undefined;
  if (typeof value === 'string' && FULL_DATE.test(value)) return clockDay(ms, 'UTC');
  return dayAt(ms, zone);
}

function clockDay(ms: number, zone: string): CalendarDay {
  const { year, month, day } = DateTime.fromMillis(ms, { zone });
  return { year, month, day };
}

/** The day that an instant belongs to. A day that has begun goes on, though clocks set back show the eve once more. */
export function dayAt(ms: number, zone: string): CalendarDay {
  const shown = clockDay(ms, zone);
  const next = nextDay(shown);
  return startOfDay(next, zone) <= ms ? next : shown;
}

/** The first instant at which a zone's clocks show a calendar day or, of a day that they leave out, a later one. */
export function startOfDay(date: CalendarDay, zone: string): number {
  const { year, month, day } = date;
  // From noon, which exists every day that does; where clocks skip midnight, luxon gives the hour they skip to.
  const start = DateTime.fromObject({ year, month, day, hour: 12 }, { zone }).startOf('day');
  // Where they are set back over midnight there are two, and this is the second; the first has the offset of the eve.
  const first = start.toMillis() + (start.offset - start.minus({ hours: 24 }).offset) * 60_000;
  if (first >= start.toMillis()) return start.toMillis();
  const shown = clockDay(first, zone);
  return shown.day === day && shown.month === month && shown.year === year ? first : start.toMillis();
}

export function nextDay(date: CalendarDay): CalendarDay {
  const next = DateTime.utc(date.year, date.month, date.day).plus({ days: 1 });
  return { year: next.year, month: next.month, day: next.day };
}

/** The day on which a date has its anniversary in a year. */
export function anniversaryIn(year: number, date: CalendarDay): CalendarDay {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return date.month === 2 && date.day === 29 && !leap
    ? { year, month: 2, day: 28 }
    : { year, month: date.month, day: date.day };
}

/** A window made of numbers. Instants are epoch milliseconds; `start` is in it, `end` is not. */
export type Span =
  | { kind: 'ever' }
  | { kind: 'fixed'; start: number; end: number }
  /** From `startAgo` to `endAgo` milliseconds before now. */
  | { kind: 'sliding'; startAgo: number; endAgo: number };

const asMs = (text: string): number => {
  const ms = parseDuration(text);
  if (ms === undefined) throw new Error(`not a duration: ${text}`);
  return ms;
};

const asTime = (text: string): number => {
  const ms = parseTime(text);
  if (ms === undefined) throw new Error(`not a time: ${text}`);
  return ms;
};

/** Of a window of a rule that was validated. */
export function spanOf(window: Window | undefined): Span {
  if (window === undefined) return { kind: 'ever' };
  if ('last' in window) return { kind: 'sliding', startAgo: asMs(window.last), endAgo: 0 };
  if ('between' in window)
    return { kind: 'sliding', startAgo: asMs(window.between[0]), endAgo: asMs(window.between[1]) };
  return {
    kind: 'fixed',
    start: window.from === undefined ? Number.NEGATIVE_INFINITY : asTime(window.from),
    end: window.to === undefined ? Number.POSITIVE_INFINITY : asTime(window.to),
  };
}
