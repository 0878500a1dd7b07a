import { type CalendarDay, nextDay, startOfDay } from '@cdp/core/segment';
import { BIGINT, type DuckDBValue, LIST, listValue } from '@duckdb/node-api';
import { anyOf, type ValueTest } from './path-sql.js';
import type { SqlValues } from './sql-values.js';

/** Mean length of a Gregorian year. An instant's year by this is at most one off. */
const YEAR_MS = 31_556_952_000;

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** The days of a past year whose anniversary falls on `today`: usually one, none for 29 February, or two together. */
function daysOf(year: number, today: CalendarDay): [CalendarDay, CalendarDay] | undefined {
  const day = { year, month: today.month, day: today.day };
  if (today.month !== 2 || today.day < 28) return [day, day];
  if (today.day === 29) return isLeap(year) ? [day, day] : undefined;
  return isLeap(year) && !isLeap(today.year) ? [day, { ...day, day: 29 }] : [day, day];
}

interface Spans {
  starts: DuckDBValue;
  ends: DuckDBValue;
}

const kept = new Map<string, Spans>();

/** For each year before today's, from year 0 on, the span of instants in the zone whose anniversary is today. */
function spansOf(today: CalendarDay, zone: string): Spans {
  const key = `${zone} ${today.year} ${today.month} ${today.day}`;
  let spans = kept.get(key);
  if (spans === undefined) {
    const starts: (bigint | null)[] = [];
    const ends: (bigint | null)[] = [];
    for (let year = 0; year < today.year; year++) {
      const days = daysOf(year, today);
      starts.push(days ? BigInt(startOfDay(days[0], zone)) : null);
      ends.push(days ? BigInt(startOfDay(nextDay(days[1]), zone)) : null);
    }
    spans = { starts: listValue(starts), ends: listValue(ends) };
    if (kept.size >= 16) kept.clear();
    kept.set(key, spans);
  }
  return spans;
}

/** A value whose calendar day, in the zone, has its anniversary on `today`; a date without a time is that day anywhere. */
export function anniversaryTest(today: CalendarDay, zone: string, bound: SqlValues): ValueTest {
  const inSpan = (ms: string, { starts, ends }: { starts: string; ends: string }): string => {
    // Lists count from 1, so year 0 is at 1; what is not there is NULL, which is no match.
    const at = `TRY_CAST(floor(${ms} / ${YEAR_MS}.0) AS BIGINT) + 1971`;
    const inYear = (shift: number): string =>
      `(${ms} >= list_extract(${starts}, greatest(${at} + ${shift}, 0)) AND ${ms} < list_extract(${ends}, greatest(${at} + ${shift}, 0)))`;
    return `(${[-1, 0, 1].map(inYear).join(' OR ')})`;
  };
  const bind = (spans: Spans): { starts: string; ends: string } => ({
    starts: bound.add(spans.starts, LIST(BIGINT)),
    ends: bound.add(spans.ends, LIST(BIGINT)),
  });
  const inZone = bind(spansOf(today, zone));
  const inUtc = zone === 'UTC' ? inZone : bind(spansOf(today, 'UTC'));
  return ({ t, d, n }) =>
    anyOf([
      d && `CASE WHEN strlen(${t}) = 10 THEN ${inSpan(d, inUtc)} ELSE ${inSpan(d, inZone)} END`,
      n && inSpan(`floor(${n})`, inZone),
    ]);
}
