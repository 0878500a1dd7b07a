import { describe, expect, it } from '@jest/globals';
import { calendarDayOf, dayAt, nextDay, startOfDay } from './calendar-day.js';

const iso = (ms: number): string => new Date(ms).toISOString();

describe('the calendar days of rules', () => {
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
