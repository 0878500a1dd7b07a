import type { FastifyReply, FastifyRequest } from 'fastify';

const ALLOWED_HEADERS = [
  'authorization',
  'content-type',
  'content-encoding',
  'anonymousid',
  'sentat',
  'x-write-key',
  'x-cdp-key',
  'x-cdp-timestamp',
  'x-cdp-nonce',
  'x-cdp-signature',
  'x-correlation-id',
  'traceparent',
];
const FIXED = ALLOWED_HEADERS.join(', ');

/** `rsa-*` of the published rule has no wildcard in CORS, so the names that were asked for are given back. */
const allowedHeaders = (asked: string | undefined): string => {
  if (!asked) return FIXED;
  const own = asked
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => /^rsa-[\w-]{1,64}$/.test(name));
  return own.length === 0 ? FIXED : `${FIXED}, ${own.join(', ')}`;
};

/**
 * Lets a page read the answer. Which origins an app may be used from is checked with its key; here every origin is
 * echoed, and taken back by `denyOrigin` where the check fails.
 */
export function allowOrigin(request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  reply.header('access-control-allow-origin', origin);
  reply.header('vary', 'Origin');
  reply.header('access-control-expose-headers', 'retry-after, x-correlation-id');
}

export const denyOrigin = (reply: FastifyReply): void => {
  reply.removeHeader('access-control-allow-origin');
};

/** Answers a preflight; browsers keep the answer for two hours at the most. */
export function preflight(request: FastifyRequest, reply: FastifyReply): void {
  const asked = request.headers['access-control-request-headers'];
  reply
    .code(204)
    .header('access-control-allow-methods', 'GET, POST, DELETE, OPTIONS')
    .header('access-control-allow-headers', allowedHeaders(asked))
    .header('access-control-max-age', '7200')
    .send();
}
