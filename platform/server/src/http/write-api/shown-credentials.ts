import { isJsonObject } from '@cdp/core/kernel';
import type { FastifyRequest } from 'fastify';
import type { ShownCredentials } from './app-authenticator.js';

const NONE = Buffer.alloc(0);

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** What the request shows of its sender; `rawBody` as it was sent, `body` as it was read. */
export function shownBy(request: FastifyRequest, rawBody: Buffer | undefined, body: unknown): ShownCredentials {
  const { writeKey, write_key: writeKeyToo } = request.query as Record<string, unknown>;
  return {
    headers: request.headers,
    writeKeys: [text(writeKey), text(writeKeyToo), isJsonObject(body) ? text(body.writeKey) : undefined],
    method: request.method,
    path: request.url,
    rawBody: rawBody ?? NONE,
    ip: request.ip,
  };
}
