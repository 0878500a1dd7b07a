import { dayAt } from '@cdp/core/segment';
import { DATED_NUMBERS } from './document-terms.js';
import type { Asking } from './operator-query.js';
import { anyBounds, anyOf, type Bounds, exactly, NOTHING, type Query } from './query.js';
import { fourDigits, monthDay } from './value-term.js';
import type { ValuesAtPath } from './values-at-path.js';

const DAY_MS = 86_400_000;
/** Years of the numbers that are known by their order alone. */
const NEAR_YEARS = [1969, 1970];

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

interface MonthDay {
  month: number;
  day: number;
}

/**
 * Values of an earlier year whose anniversary is today. Full dates are found by their month and day. Of a time with a clock the
 * zone of that year decides on which day it is: in UTC it is on that day, the one before or the one after, and the rest is seen
 * in the document.
 */
export function anniversaryBounds(at: ValuesAtPath, { now, timeZone }: Asking): Bounds {
  const today = dayAt(now, timeZone);
  const days: MonthDay[] = [{ month: today.month, day: today.day }];
  if (today.month === 2 && today.day === 28 && !isLeap(today.year)) days.push({ month: 2, day: 29 });
  const dates = exactly(anyOf(days.map((day) => earlier(at, 'm', day, today.year))));
  if (timeZone === 'UTC')
    return anyBounds([
      dates,
      exactly(anyOf(days.flatMap((day) => [earlier(at, 'w', day, today.year), ...near(at, day, today.year, 0)]))),
    ]);
  const around = days.flatMap(neighbours);
  const may = anyOf([
    ...around.flatMap(({ month, day }) =>
      [false, true].map((listed) => at.startingWith('w', listed, monthDay(month, day))),
    ),
    ...days.flatMap((day) => near(at, day, today.year + 1, 1)),
  ]);
  return anyBounds([dates, { may, sure: NOTHING }]);
}

function earlier(at: ValuesAtPath, kind: 'm' | 'w', { month, day }: MonthDay, year: number): Query {
  const prefix = monthDay(month, day);
  return at.between([kind], { gte: prefix + fourDigits(0), lt: prefix + fourDigits(year) });
}

/** Numbers around 1970 that are instants of the day, in UTC, or so many days from it. */
function near(at: ValuesAtPath, { month, day }: MonthDay, before: number, shift: number): Query[] {
  return NEAR_YEARS.filter((year) => year < before && !(month === 2 && day === 29)).map((year) => {
    const start = Date.UTC(year, month - 1, day);
    return at.inOrder(['n'], {
      gte: Math.max(start - shift * DAY_MS, -DATED_NUMBERS),
      lt: Math.min(start + (shift + 1) * DAY_MS, DATED_NUMBERS),
    });
  });
}

/** The day with the one before and the one after, of leap years and others. */
function neighbours({ month, day }: MonthDay): MonthDay[] {
  return [2023, 2024].flatMap((year) => {
    if (month === 2 && day === 29 && !isLeap(year)) return [];
    return [-1, 0, 1].map((shift) => {
      const date = new Date(Date.UTC(year, month - 1, day + shift));
      return { month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    });
  });
}
