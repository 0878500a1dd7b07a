import { type Json, parseDuration } from '../kernel/index.js';
import type { Window } from './rule.js';

const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;
export const FULL_DATE = /^(\d{4})-(\d\d)-(\d\d)$/;

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
