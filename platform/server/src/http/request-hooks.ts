import type { Logger } from '@cdp/core/kernel';
import type { FastifyInstance } from 'fastify';
import { type Metrics, type RequestContext, runInRequest } from '../operations/index.js';
import { AnswersOfTurn } from './answers-of-turn.js';
import { traceIdOf } from './correlation.js';
import { pathOf, sendBareProblem } from './send-problem.js';

/** Paths that are asked every few seconds by machines; a line for each would bury the rest. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route keeps its own, cheaper, account of its requests: these hooks leave it alone. */
    ownAccount?: boolean;
  }
}

/**
 * What every request outside the write API gets: its ids on each log line and on the answer, a line when it is done,
 * and its time in the metrics.
 */
export function addRequestHooks(fastify: FastifyInstance, logger: Logger, metrics: Metrics): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.ownAccount) return done();
    reply.header('x-correlation-id', request.id).header('x-content-type-options', 'nosniff');
    // Answers of the admin API hold personal data: no cache on the way may keep them.
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    const context: RequestContext = { correlationId: request.id };
    const traceId = traceIdOf(request.raw);
    if (traceId !== undefined) context.traceId = traceId;
    runInRequest(context, done);
  });
  const answers = new AnswersOfTurn();
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (request.routeOptions.config.ownAccount) return done(null, payload);
    answers.add({
      send: () => done(null, payload),
      failed: (error) => sendBareProblem(error, request, reply, logger),
    });
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    if (request.routeOptions.config.ownAccount) return done();
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    const status = reply.statusCode;
    const ms = reply.elapsedTime;
    metrics.requests.observe({ method: request.method, route, status }, ms / 1_000);
    if (!QUIET.has(route) || status >= 500) {
      const fields = {
        correlationId: request.id,
        method: request.method,
        path: pathOf(request),
        status,
        ms: Math.round(ms * 10) / 10,
      };
      logger.info('Request', fields);
    }
    done();
  });
}
