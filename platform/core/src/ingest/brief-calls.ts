import { type Ids, isJsonObject, type Json, type JsonObject } from '../kernel/index.js';
import { type ParsedCall, parseCall } from './parse-call.js';
import type { CallType } from './raw-message.js';

const mistake = (path: string, message: string, messageId?: string): ParsedCall => ({
  messageId,
  error: { path, message },
});

const USER_FIELDS = new Set([
  'userId',
  'anonymousId',
  'identifiers',
  'traits',
  'messageId',
  'timestamp',
  'context',
  'sentAt',
]);
const DEVICE_FIELDS = new Set([
  'userId',
  'anonymousId',
  'token',
  'platform',
  'name',
  'messageId',
  'timestamp',
  'sentAt',
  'context',
]);
const PLATFORMS = new Set(['ios', 'android', 'web']);

/** `/v1/events`: a call of the Segment spec whose `type` may be left out (track) and whose `event` may be called `name`. */
export const callsOfEvents = (items: readonly unknown[], ids: Ids): ParsedCall[] =>
  items.map((item) => {
    if (!isJsonObject(item)) return mistake('', 'Must be an object.');
    const type = (item.type ?? 'track') as CallType;
    const event = item.event ?? (type === 'track' ? item.name : undefined);
    return parseCall(event === undefined ? { ...item, type } : { ...item, type, event }, undefined, ids);
  });

/** `/v1/users`: an identify call with identifiers of any type. */
export const callsOfUsers = (items: readonly unknown[], ids: Ids): ParsedCall[] =>
  items.map((item) => {
    if (!isJsonObject(item)) return mistake('', 'Must be an object.');
    const unknown = Object.keys(item).find((field) => !USER_FIELDS.has(field));
    if (unknown !== undefined) return mistake(unknown, 'No such field.');
    const externalIds = externalIdsOf(item.identifiers);
    if (externalIds === undefined) return mistake('identifiers', 'Must be a list of {type, value}.');
    const { identifiers: _, ...call } = item;
    const context = isJsonObject(call.context) ? call.context : {};
    return externalIds.length === 0
      ? parseCall(call, 'identify', ids)
      : parseCall({ ...call, context: { ...context, externalIds } }, 'identify', ids, true);
  });

function externalIdsOf(identifiers: Json | undefined): JsonObject[] | undefined {
  if (identifiers === undefined || identifiers === null) return [];
  const list = Array.isArray(identifiers)
    ? identifiers
    : isJsonObject(identifiers)
      ? Object.entries(identifiers).map(([type, value]) => ({ type, value }))
      : undefined;
  const external: JsonObject[] = [];
  for (const entry of list ?? [null]) {
    if (!isJsonObject(entry)) return undefined;
    const { type, value } = entry;
    if (typeof type !== 'string' || type === '' || (typeof value !== 'string' && typeof value !== 'number'))
      return undefined;
    external.push({ type, id: String(value) });
  }
  return external;
}

/** `/v1/devices`: a push token of a person. */
export function deviceCall(body: unknown, ids: Ids): ParsedCall {
  if (!isJsonObject(body)) return mistake('', 'Must be an object.');
  const unknown = Object.keys(body).find((field) => !DEVICE_FIELDS.has(field));
  if (unknown !== undefined) return mistake(unknown, 'No such field.');
  const { token, platform, name } = body;
  if (typeof token !== 'string' || token === '' || token.length > 4096)
    return mistake('token', 'The push token: a text of at most 4,096 characters.');
  if (typeof platform !== 'string' || !PLATFORMS.has(platform))
    return mistake('platform', 'Must be ios, android or web.');
  if (name !== undefined && typeof name !== 'string') return mistake('name', 'Must be a text.');
  return asDevice(body, { token, platform, ...(name === undefined ? {} : { name }) }, 'Device Registered', ids);
}

/** The person may be left out: the platform knows who registered the token. */
export function removalCall(token: string, body: unknown, ids: Ids): ParsedCall {
  return asDevice(isJsonObject(body) ? body : {}, { token }, 'Device Removed', ids, true);
}

function asDevice(body: JsonObject, properties: JsonObject, event: string, ids: Ids, known = false): ParsedCall {
  const parsed = parseCall({ ...body, event, properties }, 'track', ids, known);
  if ('call' in parsed) parsed.call.type = 'device';
  return parsed;
}
