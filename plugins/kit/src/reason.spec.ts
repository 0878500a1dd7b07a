import { describe, expect, it } from '@jest/globals';
import { toReason } from './reason.js';
import { retryAfterMs } from './retry-after.js';

describe('a reason', () => {
  it('is one line without secrets', () => {
    expect(toReason('550 no\r\n550 s3cret!\u0000', ['s3cret!'])).toBe('550 no 550 [hidden]');
  });

  it('has no more than 300 characters, and never a part of a secret at its end', () => {
    const text = toReason(`${'x'.repeat(296)}s3cret!`, ['s3cret!']);
    expect(text).toHaveLength(300);
    expect(text).not.toContain('s3c');
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1);

  it.each([
    ['120', 120_000],
    [' 5 ', 5_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %s', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});
