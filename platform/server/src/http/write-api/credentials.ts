import { CdpError, isJsonObject } from '@cdp/core/kernel';
import type { FastifyRequest } from 'fastify';
import { pathOf } from '../send-problem.js';
import type { Presented, RequestSignature } from './app-gate.js';

const NONE = Buffer.alloc(0);

interface KeyAndSecret {
  appKey: string;
  secret?: string | undefined;
}

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/**
 * Where SDKs put their key: `Authorization`, `X-CDP-Key` with a signature, `X-Write-Key`, the query, the body, in this
 * order; a header wins, because some SDKs mask the key in the body.
 */
export function presentedBy(request: FastifyRequest, raw: Buffer | undefined, body: unknown): Presented {
  const { headers } = request;
  const found =
    ofAuthorization(headers.authorization) ??
    split(single(headers['x-cdp-key'])) ??
    split(single(headers['x-write-key'])) ??
    ofQuery(request.query) ??
    (isJsonObject(body) ? split(body.writeKey) : undefined);
  if (!found)
    throw new CdpError(
      'unauthenticated',
      'No app key: send it as the user of Basic credentials, as a Bearer token, or in X-Write-Key.',
    );
  const presented: Presented = { appKey: found.appKey, secret: found.secret, ip: request.ip, origin: headers.origin };
  if (headers['x-cdp-signature'] !== undefined) presented.signature = signatureOf(request, raw ?? NONE);
  return presented;
}

function ofAuthorization(header: string | undefined): KeyAndSecret | undefined {
  if (header === undefined) return undefined;
  const space = header.indexOf(' ');
  const scheme = header.slice(0, space).toLowerCase();
  const rest = header.slice(space + 1).trim();
  if (scheme === 'basic') return split(Buffer.from(rest, 'base64').toString('utf8'));
  return scheme === 'bearer' ? split(rest) : undefined;
}

function ofQuery(query: unknown): KeyAndSecret | undefined {
  const { writeKey, write_key: writeKeyToo } = query as Record<string, unknown>;
  return split(writeKey) ?? split(writeKeyToo);
}

/** `key` or `key:secret`. */
function split(text: unknown): KeyAndSecret | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  const colon = text.indexOf(':');
  if (colon < 0) return { appKey: text };
  if (colon === 0) return undefined;
  return { appKey: text.slice(0, colon), secret: text.slice(colon + 1) || undefined };
}

function signatureOf(request: FastifyRequest, body: Buffer): RequestSignature {
  const { headers } = request;
  const timestamp = single(headers['x-cdp-timestamp']);
  const nonce = single(headers['x-cdp-nonce']);
  const value = single(headers['x-cdp-signature']);
  if (!timestamp || !nonce || !value)
    throw new CdpError(
      'unauthenticated',
      'A signed request has X-CDP-Key, X-CDP-Timestamp, X-CDP-Nonce and X-CDP-Signature.',
    );
  return { timestamp, nonce, value, method: request.method, path: pathOf(request), body };
}
