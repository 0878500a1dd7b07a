import type { Socket } from 'node:net';
import { refuseDepth } from '@cdp/core/ingest';
import type { Logger } from '@cdp/core/kernel';
import { type FastifyInstance, fastify } from 'fastify';
import type { HttpConfig } from '../config/index.js';
import { correlationIdOf } from './correlation.js';
import { refuseConnection, refuseExpectation } from './refuse-connection.js';
import { sendProblem } from './send-problem.js';

/** Tokens of links and cursors are path parameters of several hundred to some thousand characters. */
const MAX_PARAM_LENGTH = 8_192;

/** The bare HTTP server, on which the write API and the links are registered directly and the rest through Nest. */
export function createFastify(config: HttpConfig, logger: Logger): FastifyInstance {
  const server = fastify({
    logger: false,
    requestIdHeader: false,
    genReqId: correlationIdOf,
    trustProxy: config.trustedProxies.length > 0 ? config.trustedProxies : false,
    bodyLimit: config.adminMaxBodyBytes,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply, logger),
    clientErrorHandler: refuseConnection,
  });
  server.server.on('checkExpectation', refuseExpectation);
  endSilentConnections(server);
  takeNoBodyAsNone(server);
  return server;
}

/**
 * Clients open connections ahead of need. To the HTTP server one that nothing came on is not idle but late, and a stop would wait
 * for it until its headers are.
 */
function endSilentConnections(server: FastifyInstance): void {
  const open = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.addHook('preClose', (done) => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    done();
  });
}

/** Many clients name the type of a body that they do not send: a `POST` that needs none is good then. */
function takeNoBodyAsNone(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    try {
      // Values that a schema leaves open would be walked to the end of the stack.
      refuseDepth(body);
    } catch (error) {
      return done(error as Error);
    }
    void parse(request, body.toString('utf8'), done);
  });
}
