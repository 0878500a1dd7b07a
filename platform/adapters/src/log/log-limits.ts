import { CdpError, invalid } from '@cdp/core/kernel';
import type { LogRecord } from '@cdp/core/log';

/** Longest key in UTF-8. */
const MAX_KEY_BYTES = 4_096;

/** Topics and groups have names that both homes can keep. */
export function assertName(what: string, name: string): void {
  if (!/^[\w.-]{1,200}$/.test(name))
    throw invalid(what, 'must be 1 to 200 letters, digits, dots, dashes and underscores');
}

export function assertKey(key: string): void {
  if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw invalid('key', `must be ${MAX_KEY_BYTES} bytes at the most`);
}

/** Refuses an append that no waiting would help, and one that has to wait for room. */
export function assertRoom(bytes: number, pendingBytes: number, maxPendingBytes: number): void {
  if (bytes > maxPendingBytes) throw new CdpError('too_large', 'One append is bigger than the log can take.');
  if (pendingBytes + bytes > maxPendingBytes)
    throw new CdpError('unavailable', 'The log cannot keep up with what comes in.', { retryAfter: 1 });
}

/** What an append counts for: keys by their length, which is near enough and needs no look at them. */
export function sizeOf(records: readonly LogRecord[]): number {
  let bytes = 0;
  for (const { key, value } of records) bytes += value.byteLength + key.length;
  return bytes;
}
