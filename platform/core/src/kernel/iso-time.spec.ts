import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isoTime } from './iso-time.js';

const LAST = 8_640_000_000_000_000;

describe('isoTime', () => {
  it('writes every instant as Date does, also before the epoch and beyond the year 9999', () => {
    fc.assert(
      fc.property(fc.integer({ min: -LAST, max: LAST }), (ms) => {
        expect(isoTime(ms)).toBe(new Date(ms).toISOString());
      }),
      { examples: [[0], [-1], [LAST], [-LAST], [951_782_400_000], [253_402_300_800_000]] },
    );
  });

  it('cuts parts of a millisecond, and refuses what is no instant', () => {
    expect(isoTime(1.9)).toBe('1970-01-01T00:00:00.001Z');
    for (const none of [Number.NaN, Number.POSITIVE_INFINITY, LAST + 1])
      expect(() => isoTime(none)).toThrow(RangeError);
  });
});
