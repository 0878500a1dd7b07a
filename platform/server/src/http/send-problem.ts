import type { Logger } from '@cdp/core/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { INTERNAL, outcomeOf, toProblem } from './problem.js';

/** Answers an error. The one place where an error becomes HTTP, for the write API, the links and the admin API alike. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  const outcome = outcomeOf(error) ?? INTERNAL;
  const fields = { correlationId: request.id, method: request.method, path: pathOf(request), status: outcome.status };
  if (outcome === INTERNAL) logger.error('Request failed on our side', { ...fields, error });
  else if (outcome.status >= 500)
    logger.warn('Request refused', { ...fields, code: outcome.code, detail: outcome.detail });
  if (reply.sent) return;
  if (outcome.retryAfter !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(outcome.retryAfter))));
  if (outcome.status === 401 && !reply.hasHeader('www-authenticate')) reply.header('www-authenticate', 'Bearer');
  const body = JSON.stringify(toProblem(outcome, request.id));
  reply.code(outcome.status).header('content-type', 'application/problem+json; charset=utf-8').send(body);
}

/**
 * Answers that an answer could not be written, past the framework, which takes the request for answered: with nothing of what it
 * was to say, since something of that is at fault.
 */
export function sendBareProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  const fields = { correlationId: request.id, method: request.method, path: pathOf(request), status: INTERNAL.status };
  logger.error('An answer could not be written', { ...fields, error });
  const { raw } = reply;
  if (raw.headersSent) {
    raw.destroy();
    return;
  }
  const headers = {
    'content-type': 'application/problem+json; charset=utf-8',
    'x-correlation-id': request.id,
    'cache-control': 'no-store',
  };
  raw.writeHead(INTERNAL.status, headers).end(JSON.stringify(toProblem(INTERNAL, request.id)));
}

/** Without the query, which may hold a key. */
export const pathOf = (request: FastifyRequest): string => {
  const end = request.url.indexOf('?');
  return end < 0 ? request.url : request.url.slice(0, end);
};
