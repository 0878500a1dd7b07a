import { describe, expect, it } from '@jest/globals';
import { parseTime, timeOf } from './rule-time.js';

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
});
