import { describe, expect, it } from '@jest/globals';
import { calendarDayOf, dayAt, nextDay, parseTime, startOfDay, timeOf } from './rule-time.js';

const iso = (ms: number): string => new Date(ms).toISOString();

describe('the times of rules', () => {
  it.each([
    ['2026-01-31T09:00:00Z', '2026-01-31T09:00:00.000Z'],
    ['2026-01-31t09:00:00.1239z', '2026-01-31T09:00:00.123Z'],
    ['2026-01-31T09:00:00.5+05:30', '2026-01-31T03:30:00.500Z'],
    ['2026-01-01T00:30:00+01:00', '2025-12-31T23:30:00.000Z'],
    ['0000-02-29T00:00:00Z', '0000-02-29T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ])('reads %s', (text, instant) => {
    expect(iso(parseTime(text) as number)).toBe(instant);
  });

  it.each([
    '2026-02-29',
    '2026-13-01',
    '2026-1-1',
    '2026-01-31T24:00:00Z',
    '2026-01-31T09:60:00Z',
    '2026-01-31T23:59:60Z',
    '2026-01-31T09:00:00',
    '2026-01-31 09:00:00Z',
    '2026-01-31T09:00Z',
    '2026-01-31T09:00:00+24:00',
    '0000-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '1769850000000',
    '',
  ])('takes %j for no time', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it('takes numbers for epoch milliseconds, rounded down, from year 0 to 9999', () => {
    expect(timeOf(1.9)).toBe(1);
    expect(timeOf(-0.5)).toBe(-1);
    expect(timeOf(253_402_300_800_000)).toBeUndefined();
    expect(timeOf(-62_167_219_200_001)).toBeUndefined();
    expect(timeOf(true)).toBeUndefined();
  });

  it('begins a day at the first instant that clocks show it', () => {
    const start = (zone: string, year: number, month: number, day: number) =>
      iso(startOfDay({ year, month, day }, zone));
    expect(start('Europe/Berlin', 2026, 3, 29)).toBe('2026-03-28T23:00:00.000Z');
    expect(start('Europe/Berlin', 2026, 3, 30)).toBe('2026-03-29T22:00:00.000Z');
    // Midnight was left out: the day began at one o'clock.
    expect(start('America/Sao_Paulo', 2018, 11, 4)).toBe('2018-11-04T03:00:00.000Z');
    // Clocks went back over midnight: the first of the two midnights counts, and the day has begun for good.
    expect(start('America/St_Johns', 2006, 10, 29)).toBe('2006-10-29T02:30:00.000Z');
    expect(dayAt(Date.parse('2006-10-29T02:45:00Z'), 'America/St_Johns')).toEqual({ year: 2006, month: 10, day: 29 });
    // A day that the zone never had is empty.
    expect(start('Pacific/Apia', 2011, 12, 30)).toBe(start('Pacific/Apia', 2011, 12, 31));
  });

  it('makes days that follow each other without gap, in zones that shift', () => {
    for (const zone of ['Europe/Berlin', 'America/Sao_Paulo', 'America/St_Johns', 'Pacific/Apia', 'Asia/Beirut', 'UTC'])
      for (const from of ['2006-10-20', '2011-12-25', '2018-10-30', '2026-03-20']) {
        let day = calendarDayOf(from, zone) as { year: number; month: number; day: number };
        for (let count = 0; count < 14; count++) {
          const [start, end] = [startOfDay(day, zone), startOfDay(nextDay(day), zone)];
          if (start < end) {
            expect(dayAt(start, zone)).toEqual(day);
            expect(dayAt(end - 1, zone)).toEqual(day);
          }
          day = nextDay(day);
        }
      }
  });
});
