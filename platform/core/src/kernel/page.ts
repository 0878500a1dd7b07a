import { CdpError } from './cdp-error.js';

/** One page of a keyset-paged list: `nextCursor` is null on the last one. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface PageRequest {
  /** 1 to 1,000. */
  limit: number;
  /** The `nextCursor` of the page before; absent for the first. */
  cursor?: string | undefined;
}

/** A cursor is the sort key of the last item, opaque to clients. */
export const encodeCursor = (key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

export function decodeCursor(cursor: string, length: number): (string | number)[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (
      Array.isArray(key) &&
      key.length === length &&
      key.every((part) => typeof part === 'string' || Number.isFinite(part))
    )
      return key;
  } catch {
    // falls through to the one error below
  }
  throw new CdpError('invalid', 'cursor: not a cursor of this list; take nextCursor of the page before.', {
    errors: [{ path: 'cursor', message: 'Not a cursor of this list.' }],
  });
}

/** Cuts a page out of `limit + 1` rows that were read to see whether there are more. */
export function toPage<T>(rows: T[], limit: number, keyOf: (row: T) => readonly (string | number)[]): Page<T> {
  const items = rows.length > limit ? rows.slice(0, limit) : rows;
  const last = items[items.length - 1];
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}
