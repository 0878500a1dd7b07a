import {
  CALL_TYPES,
  type CallType,
  type Door,
  type IngestAnswer,
  type IngestApp,
  type IngestService,
} from '@cdp/core/ingest';
import { notFound } from '@cdp/core/kernel';

/** Hands a body to the door; `params` are those of the path. */
export type Accept = (
  ingest: IngestService,
  app: IngestApp,
  body: unknown,
  door: Door,
  params: Record<string, string>,
) => Promise<IngestAnswer>;

export interface WriteRoute {
  method: 'POST' | 'DELETE';
  /** In the router's notation. The first is the one that the reference describes; the others are other names of it. */
  paths: string[];
  /** Names the schema of the body in the API reference. */
  body: 'call' | 'batch' | 'events' | 'users' | 'device' | 'none';
  summary: string;
  accept: Accept;
}

const batch: Accept = (ingest, app, body, door) => ingest.acceptBatch(app, body, door);

const call =
  (type: CallType): Accept =>
  (ingest, app, body, door) =>
    ingest.acceptCall(app, type, body, door);

const isCallType = (type: string): type is CallType => (CALL_TYPES as readonly string[]).includes(type);

/** Jitsu's SDK names the type in the path, and puts batches beside the types. */
const byType: Accept = (ingest, app, body, door, { type = '' }) => {
  if (isCallType(type)) return ingest.acceptCall(app, type, body, door);
  if (type === 'batch') return ingest.acceptBatch(app, body, door);
  if (type === 'event') return ingest.acceptEvents(app, body, door);
  throw notFound(`type of call: ${type.slice(0, 40)}; one of ${CALL_TYPES.join(', ')}, batch`);
};

const SUMMARIES: Record<CallType, string> = {
  track: 'Something that a person did',
  identify: 'Who a person is: identifiers and traits',
  page: 'A page that was viewed',
  screen: 'A screen of a mobile app that was viewed',
  group: 'An account or company that a person belongs to',
  alias: 'Joins an earlier id with a new one',
};

/** Everything an app can write. */
export const WRITE_ROUTES: readonly WriteRoute[] = [
  {
    method: 'POST',
    paths: ['/v1/events'],
    body: 'events',
    summary: 'One event, or {events: […]}',
    accept: (ingest, app, body, door) => ingest.acceptEvents(app, body, door),
  },
  {
    method: 'POST',
    paths: ['/v1/users'],
    body: 'users',
    summary: 'Creates or updates one person, or {users: […]}',
    accept: (ingest, app, body, door) => ingest.acceptUsers(app, body, door),
  },
  {
    method: 'POST',
    paths: ['/v1/devices'],
    body: 'device',
    summary: 'Registers the push token of a device',
    accept: (ingest, app, body, door) => ingest.acceptDevice(app, body, door),
  },
  {
    method: 'DELETE',
    paths: ['/v1/devices/:token'],
    body: 'none',
    summary: 'Removes a push token',
    accept: (ingest, app, body, door, { token = '' }) => ingest.removeDevice(app, token, body, door),
  },
  ...CALL_TYPES.map(
    (type): WriteRoute => ({
      method: 'POST',
      paths: [`/v1/${type}`, `/v1/${type[0]}`, `/${type}`, `/${type[0]}`],
      body: 'call',
      summary: SUMMARIES[type],
      accept: call(type),
    }),
  ),
  {
    method: 'POST',
    paths: ['/v1/batch', '/v1/b', '/v1/import', '/batch', '/b', '/import', '/beacon/v1/batch'],
    body: 'batch',
    summary: 'Calls of any type: {batch: […], sentAt}',
    accept: batch,
  },
  {
    method: 'POST',
    paths: ['/api/s/:type', '/api/s/s2s/:type'],
    body: 'call',
    summary: 'The same calls as the Jitsu SDK sends them',
    accept: byType,
  },
];
