import { invalid, isJsonObject, type JsonObject } from '@cdp/core/kernel';

interface Rows {
  /** NDJSON, a line a row. */
  rows: Iterable<string>;
  mapping: unknown;
}

/** Rows that come as one JSON body: a list, or `{events}`, `{users}`, `{batch}`, `{rows, mapping?}`. */
export function rowsOfJson(body: unknown): Rows {
  if (Array.isArray(body)) return { rows: lines(body), mapping: undefined };
  if (!isJsonObject(body)) throw invalid('', 'Send a list, or {events}, {users}, {batch} or {rows, mapping}.');
  const { events, users, batch, rows, mapping } = body;
  if (Array.isArray(users)) return { rows: lines(users, { type: 'identify' }), mapping: undefined };
  const list = events ?? batch ?? rows;
  if (!Array.isArray(list)) throw invalid('', 'Send a list, or {events}, {users}, {batch} or {rows, mapping}.');
  return { rows: lines(list), mapping: mapping ?? undefined };
}

function* lines(list: readonly unknown[], defaults: JsonObject = {}): Generator<string> {
  for (const row of list) yield `${JSON.stringify(isJsonObject(row) ? { ...defaults, ...row } : row)}\n`;
}
