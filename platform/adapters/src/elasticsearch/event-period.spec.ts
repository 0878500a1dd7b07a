import { describe, expect, it } from '@jest/globals';
import { endOfPeriod, periodOf } from './event-period.js';

const at = (text: string): number => Date.parse(text);
const RECEIVED = at('2026-03-15T12:00:00Z');

describe('periodOf', () => {
  it('is the month in UTC, of this year and the one before', () => {
    expect(periodOf(at('2026-03-31T23:59:59.999Z'), RECEIVED)).toBe('202603');
    expect(periodOf(at('2026-04-01T00:00:00Z'), RECEIVED)).toBe('202604');
    expect(periodOf(at('2025-01-01T00:00:00Z'), RECEIVED)).toBe('202501');
  });

  it('is the year of what is older, and never more than a few dozen of them', () => {
    expect(periodOf(at('2024-12-31T23:59:59Z'), RECEIVED)).toBe('2024');
    expect(periodOf(-1, RECEIVED)).toBe('2000');
    expect(periodOf(Number.MIN_SAFE_INTEGER, RECEIVED)).toBe('2000');
  });

  it('is at most a month after an event was received, whatever it claims', () => {
    expect(periodOf(at('2031-01-01T00:00:00Z'), RECEIVED)).toBe('202604');
    expect(periodOf(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)).toBe('209912');
  });

  it('makes a bounded number of indices out of any times', () => {
    const periods = new Set<string>();
    for (let timestamp = at('1900-01-01'); timestamp < at('2200-01-01'); timestamp += 86_400_000)
      periods.add(periodOf(timestamp, RECEIVED));
    expect(periods.size).toBe(25 + 12 + 4);
  });
});

describe('endOfPeriod', () => {
  it('is when the next begins', () => {
    expect(endOfPeriod('202612')).toBe(at('2027-01-01T00:00:00Z'));
    expect(endOfPeriod('2024')).toBe(at('2025-01-01T00:00:00Z'));
    expect(endOfPeriod('latest')).toBeUndefined();
  });
});
