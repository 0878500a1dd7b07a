import { DateTime } from 'luxon';
import type { Json } from '../kernel/index.js';
import { FULL_DATE, parseTime, timeOf } from './rule-time.js';

export interface CalendarDay {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
}

const DAY_MS = 86_400_000;

/** Beginnings of days that are remembered for each zone: a lifetime of days. Finding one anew takes some 20 microseconds. */
const REMEMBERED = 40_000;

const starts = new Map<string, Map<number, number>>();

/** Days since 1 January 1970. */
function numberOf({ year, month, day }: CalendarDay): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() / DAY_MS;
}

function dayOf(number: number): CalendarDay {
  const date = new Date(number * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

function startOf(number: number, zone: string): number {
  let known = starts.get(zone);
  if (known === undefined) {
    known = new Map();
    starts.set(zone, known);
  }
  let start = known.get(number);
  if (start === undefined) {
    if (known.size >= REMEMBERED) known.clear();
    start = findStart(dayOf(number), zone);
    known.set(number, start);
  }
  return start;
}

function findStart(date: CalendarDay, zone: string): number {
  const { year, month, day } = date;
  // From noon, which exists every day that does; where clocks skip midnight, luxon gives the hour they skip to.
  const start = DateTime.fromObject({ year, month, day, hour: 12 }, { zone }).startOf('day');
  // Where they are set back over midnight there are two, and this is the second; the first has the offset of the eve.
  const first = start.toMillis() + (start.offset - start.minus({ hours: 24 }).offset) * 60_000;
  if (first >= start.toMillis()) return start.toMillis();
  const shown = DateTime.fromMillis(first, { zone });
  return shown.day === day && shown.month === month && shown.year === year ? first : start.toMillis();
}

/** The first instant at which a zone's clocks show a calendar day or, of a day that they leave out, a later one. */
export const startOfDay = (date: CalendarDay, zone: string): number => startOf(numberOf(date), zone);

export const nextDay = (date: CalendarDay): CalendarDay => dayOf(numberOf(date) + 1);

/** The day that an instant belongs to. A day that has begun goes on, though clocks set back show the eve once more. */
export function dayAt(ms: number, zone: string): CalendarDay {
  const utc = Math.floor(ms / DAY_MS);
  if (startOf(utc + 1, zone) <= ms) return dayOf(utc + 1);
  return dayOf(startOf(utc, zone) <= ms ? utc : utc - 1);
}

/** The calendar day that a value names: of a `full-date` that day, of a time its day in the zone. */
export function calendarDayOf(value: Json, zone: string): CalendarDay | undefined {
  const ms = timeOf(value);
  if (ms === undefined) return undefined;
  if (typeof value === 'string' && FULL_DATE.test(value)) return dayOf(ms / DAY_MS);
  return dayAt(ms, zone);
}

export const isFullDate = (text: string): boolean => FULL_DATE.test(text) && parseTime(text) !== undefined;

/** The day on which a date has its anniversary in a year. */
export function anniversaryIn(year: number, date: CalendarDay): CalendarDay {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return date.month === 2 && date.day === 29 && !leap
    ? { year, month: 2, day: 28 }
    : { year, month: date.month, day: date.day };
}
