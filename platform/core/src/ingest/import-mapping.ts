import { DateTime } from 'luxon';
import type { Json, JsonObject } from '../kernel/index.js';

const VALUE_TYPES = ['string', 'number', 'boolean', 'time', 'json'] as const;
type ValueType = (typeof VALUE_TYPES)[number];

interface MappedValue {
  column: string;
  /** Default `string`. Empty cells are left out. */
  type?: ValueType;
}

interface MappedTime {
  column: string;
  /** Luxon tokens such as `yyyyMMdd` or `dd/MM/yyyy HH:mm`, in UTC; RFC 3339 or epoch milliseconds where it is left out. */
  format?: string;
}

/** How a row of a file becomes a call. */
export interface ImportMapping {
  type: 'track' | 'identify';
  /** Column of the user's id; one of `userId` and `anonymousId` at least. */
  userId?: string;
  anonymousId?: string;
  /** Column of an id that makes a repeated import of the same row count once. */
  messageId?: string;
  timestamp?: MappedTime;
  /** Of a track call: the name itself, or the column that has it. */
  event?: string | { column: string };
  traits?: Record<string, MappedValue>;
  properties?: Record<string, MappedValue>;
}

/** Thrown for a cell that is not what the mapping says; the row is rejected with it. */
export class CellError extends Error {
  readonly column: string;

  constructor(column: string, message: string) {
    super(message);
    this.column = column;
  }
}

/** The call that a row means, to be read like one that came over HTTP. */
export function mapRow(row: Readonly<Record<string, unknown>>, mapping: ImportMapping): JsonObject {
  const call: JsonObject = { type: mapping.type };
  for (const field of ['userId', 'anonymousId', 'messageId'] as const) {
    const column = mapping[field];
    const value = column === undefined ? undefined : cell(row, column);
    if (value !== undefined) call[field] = String(value);
  }
  if (mapping.timestamp) {
    const time = readTime(row, mapping.timestamp);
    if (time !== undefined) call.timestamp = time;
  }
  if (mapping.event !== undefined) {
    const event = typeof mapping.event === 'string' ? mapping.event : cell(row, mapping.event.column);
    if (event !== undefined) call.event = event as Json;
  }
  for (const field of ['traits', 'properties'] as const) {
    const mapped = mapping[field];
    if (mapped) call[field] = readValues(row, mapped);
  }
  return call;
}

function readValues(row: Readonly<Record<string, unknown>>, mapped: Readonly<Record<string, MappedValue>>): JsonObject {
  const values: JsonObject = {};
  for (const [name, { column, type = 'string' }] of Object.entries(mapped)) {
    const value = cell(row, column);
    if (value !== undefined) values[name] = convert(value, type, column);
  }
  return values;
}

function cell(row: Readonly<Record<string, unknown>>, column: string): unknown {
  if (!Object.hasOwn(row, column)) throw new CellError(column, `The file has no column ${column}.`);
  const value = row[column];
  return value === '' || value === null ? undefined : value;
}

function readTime(row: Readonly<Record<string, unknown>>, { column, format }: MappedTime): string | undefined {
  const value = cell(row, column);
  if (value === undefined) return undefined;
  const text = String(value);
  const time =
    format !== undefined
      ? DateTime.fromFormat(text, format, { zone: 'utc' }).toMillis()
      : /^-?\d{10,}$/.test(text)
        ? Number(text)
        : // A time without a zone is UTC, as everywhere in an import.
          DateTime.fromISO(text.replace(' ', 'T'), { zone: 'utc' }).toMillis();
  if (!Number.isFinite(time))
    throw new CellError(
      column,
      `${text.slice(0, 40)} is not a time${format === undefined ? '' : ` of the form ${format}`}.`,
    );
  return new Date(time).toISOString();
}

function convert(value: unknown, type: ValueType, column: string): Json {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : JSON.stringify(value);
    case 'number': {
      const number = typeof value === 'number' ? value : Number(String(value).trim());
      if (!Number.isFinite(number)) throw new CellError(column, `${String(value).slice(0, 40)} is not a number.`);
      return number;
    }
    case 'boolean': {
      const text = String(value).trim().toLowerCase();
      if (['true', '1', 'yes', 'y'].includes(text)) return true;
      if (['false', '0', 'no', 'n'].includes(text)) return false;
      throw new CellError(column, `${text.slice(0, 40)} is not true or false.`);
    }
    case 'time': {
      const time = DateTime.fromISO(String(value).replace(' ', 'T'), { zone: 'utc' });
      if (!time.isValid) throw new CellError(column, `${String(value).slice(0, 40)} is not a time.`);
      return time.toJSDate().toISOString();
    }
    case 'json':
      if (typeof value !== 'string') return value as Json;
      try {
        return JSON.parse(value) as Json;
      } catch {
        throw new CellError(column, 'Is not JSON.');
      }
  }
}
