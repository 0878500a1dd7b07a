import type { OnDuplicate, SqlValue } from './sql-dialect.js';

/** Rows and bytes of one statement: packets stay small beside what servers accept (16 MB and more), and locks are held shortly. */
const ROWS_AT_ONCE = 2_000;
const BYTES_AT_ONCE = 2_000_000;

/** As the driver binds it: bytes as a buffer, which it writes as such. */
export const mysqlValue = (value: SqlValue): unknown =>
  value instanceof Uint8Array && !Buffer.isBuffer(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : value;

const sizeOf = (value: SqlValue): number =>
  typeof value === 'string' || value instanceof Uint8Array ? value.length + 3 : 20;

/** Rows in the portions that one statement writes. */
export function* portions(rows: readonly (readonly SqlValue[])[]): Iterable<readonly (readonly SqlValue[])[]> {
  let from = 0;
  let bytes = 0;
  for (let at = 0; at < rows.length; at++) {
    const size = (rows[at] as readonly SqlValue[]).reduce<number>((sum, value) => sum + sizeOf(value), 0);
    if (at > from && (at - from === ROWS_AT_ONCE || bytes + size > BYTES_AT_ONCE)) {
      yield rows.slice(from, at);
      from = at;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < rows.length) yield from === 0 ? rows : rows.slice(from);
}

/**
 * The text of an insert with `?` for all of its rows. `VALUES(column)` is the form that MariaDB and MySQL share, though MySQL would
 * rather have an alias.
 */
export function insertText(table: string, columns: readonly string[], onDuplicate: OnDuplicate): string {
  const verb = onDuplicate.kind === 'ignore' ? 'INSERT IGNORE INTO' : 'INSERT INTO';
  const insert = `${verb} ${table} (${columns.join(', ')}) VALUES ?`;
  if (onDuplicate.kind !== 'update') return insert;
  const { update, newerBy } = onDuplicate;
  const isNewer = newerBy && `VALUES(${newerBy}) > ${newerBy}`;
  // Assignments are made from left to right, each seeing those before it: what is compared comes last.
  const ordered = [...update].sort((a, b) => Number(a === newerBy) - Number(b === newerBy));
  const set = ordered.map((column) =>
    isNewer ? `${column} = IF(${isNewer}, VALUES(${column}), ${column})` : `${column} = VALUES(${column})`,
  );
  return `${insert} ON DUPLICATE KEY UPDATE ${set.join(', ')}`;
}
