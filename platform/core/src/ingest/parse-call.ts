import { type FieldError, type Ids, isJsonObject, type JsonObject } from '../kernel/index.js';
import { CALL_TYPES, type Call, type CallType } from './raw-message.js';

const MAX_ID = 255;
const MAX_NAME = 255;
const TYPES: ReadonlySet<unknown> = new Set(CALL_TYPES);

/** Thrown by the checks below and caught by `parseCall`: one mistake ends the look at a call. */
class CallError extends Error {
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

export type ParsedCall = { call: Call } | { messageId: string | undefined; error: FieldError };

/**
 * Reads one call of the Segment spec; what the spec does not name is left behind. `type` is that of the route, if it has
 * one; `known` says that other identifiers than `userId` and `anonymousId` tell whose call it is.
 */
export function parseCall(input: unknown, type: CallType | undefined, ids: Ids, known = false): ParsedCall {
  if (!isJsonObject(input)) return { messageId: undefined, error: { path: '', message: 'Must be an object.' } };
  try {
    return { call: readCall(input, type, ids, known) };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const { messageId } = input;
    return {
      messageId: typeof messageId === 'string' ? messageId.slice(0, MAX_ID) : undefined,
      error: { path: error.path, message: error.message },
    };
  }
}

function readCall(input: JsonObject, routeType: CallType | undefined, ids: Ids, known: boolean): Call {
  const type = routeType ?? input.type;
  if (!TYPES.has(type)) throw new CallError('type', `Must be one of ${CALL_TYPES.join(', ')}.`);
  const call: Call = { type: type as CallType, messageId: id(input, 'messageId') ?? ids.next() };
  const userId = id(input, 'userId');
  const anonymousId = id(input, 'anonymousId');
  if (userId === undefined && anonymousId === undefined && !known)
    throw new CallError('userId', 'Send userId, anonymousId or both.');
  if (userId !== undefined) call.userId = userId;
  if (anonymousId !== undefined) call.anonymousId = anonymousId;
  readNames(input, call);
  readObject(input, call, 'properties');
  readObject(input, call, 'traits');
  readObject(input, call, 'context');
  readTime(input, call, 'timestamp');
  readTime(input, call, 'originalTimestamp');
  readTime(input, call, 'sentAt');
  return call;
}

function readNames(input: JsonObject, call: Call): void {
  switch (call.type) {
    case 'track': {
      const event = input.event;
      if (typeof event !== 'string' || event.trim() === '')
        throw new CallError('event', 'Name the event: a non-empty text.');
      if (event.length > MAX_NAME) throw new CallError('event', `At most ${MAX_NAME} characters.`);
      call.event = event;
      return;
    }
    case 'page':
    case 'screen':
      for (const field of ['name', 'category'] as const) {
        const value = input[field];
        if (value === undefined || value === null || value === '') continue;
        if (typeof value !== 'string') throw new CallError(field, 'Must be a text.');
        if (value.length > MAX_NAME) throw new CallError(field, `At most ${MAX_NAME} characters.`);
        call[field] = value;
      }
      return;
    case 'group': {
      const groupId = id(input, 'groupId');
      if (groupId === undefined) throw new CallError('groupId', 'Name the group.');
      call.groupId = groupId;
      return;
    }
    case 'alias': {
      const previousId = id(input, 'previousId') ?? (call.userId === undefined ? undefined : call.anonymousId);
      if (previousId === undefined) throw new CallError('previousId', 'Name the id that the user had before.');
      if (call.userId === undefined) throw new CallError('userId', 'Name the id that the user has from now on.');
      call.previousId = previousId;
    }
  }
}

function id(input: JsonObject, field: string): string | undefined {
  const value = input[field];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') throw new CallError(field, 'Must be a text.');
  if (value.length > MAX_ID) throw new CallError(field, `At most ${MAX_ID} characters.`);
  if (!value.isWellFormed()) throw new CallError(field, 'Must be well-formed Unicode.');
  return value;
}

function readObject(input: JsonObject, call: Call, field: 'properties' | 'traits' | 'context'): void {
  const value = input[field];
  if (value === undefined || value === null) return;
  if (!isJsonObject(value)) throw new CallError(field, 'Must be an object.');
  call[field] = value;
}

function readTime(input: JsonObject, call: Call, field: 'timestamp' | 'originalTimestamp' | 'sentAt'): void {
  const value = input[field];
  if (value === undefined || value === null) return;
  const time = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  // Year 0 to 9999: what RFC 3339 can say, and what every store can hold.
  if (!(time >= -62_167_219_200_000 && time < 253_402_300_800_000))
    throw new CallError(field, 'Must be a time such as 2026-03-01T12:00:00Z.');
  call[field] = typeof value === 'string' ? value : new Date(time).toISOString();
}
