import type { Logger } from '@cdp/core/kernel';
import { type FastifyInstance, fastify } from 'fastify';
import type { HttpConfig } from '../config/index.js';
import { correlationIdOf } from './correlation.js';
import { sendProblem } from './send-problem.js';

/** Tokens of links and cursors are path parameters of several hundred to some thousand characters. */
const MAX_PARAM_LENGTH = 8_192;

/** The bare HTTP server, on which the write API and the links are registered directly and the rest through Nest. */
export function createFastify(config: HttpConfig, logger: Logger): FastifyInstance {
  return fastify({
    logger: false,
    requestIdHeader: false,
    genReqId: correlationIdOf,
    trustProxy: config.trustedProxies.length > 0 ? config.trustedProxies : false,
    bodyLimit: config.adminMaxBodyBytes,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply, logger),
  });
}
