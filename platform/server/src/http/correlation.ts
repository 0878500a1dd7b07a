import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const CORRELATION_ID = /^[\w.:-]{1,128}$/;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The trace of the caller (W3C Trace Context), when its header is well formed. */
export function traceIdOf(request: IncomingMessage): string | undefined {
  const header = request.headers.traceparent;
  return typeof header === 'string' ? TRACEPARENT.exec(header)?.[1] : undefined;
}

const process = randomBytes(6).toString('hex');
let count = 0;

/** The caller's own id, else its trace, else a new id: unique over processes by a random prefix, cheap by a counter. */
export function correlationIdOf(request: IncomingMessage): string {
  const given = request.headers['x-correlation-id'];
  if (typeof given === 'string' && CORRELATION_ID.test(given)) return given;
  return traceIdOf(request) ?? `${process}-${(++count).toString(36)}`;
}
