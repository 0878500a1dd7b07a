import type { Logger } from '@cdp/core/kernel';
import { OPEN_PIXEL, type TrackingService, type Visit } from '@cdp/core/tracking';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '../../operations/index.js';
import { sendProblem } from '../send-problem.js';
import { donePage, gonePage, unsubscribePage } from './unsubscribe-pages.js';

export interface LinksApi {
  tracking: TrackingService;
  logger: Logger;
  metrics: Metrics;
}

interface WithToken {
  Params: { token: string };
}

const visitOf = ({ method, headers, ip }: FastifyRequest): Visit => ({ method, headers, ip });

/** Nobody may keep these answers, or learn from which message a visit came. */
function quiet(reply: FastifyReply): FastifyReply {
  return reply
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .header('x-robots-tag', 'noindex');
}

function html(reply: FastifyReply, status: number, page: string): FastifyReply {
  return quiet(reply)
    .code(status)
    .header('content-type', 'text/html; charset=utf-8')
    .header(
      'content-security-policy',
      "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
    )
    .header('x-content-type-options', 'nosniff')
    .send(page);
}

/** The public doors of messages, straight on the HTTP server: a click is answered as soon as it is durable. */
export async function addLinks(fastify: FastifyInstance, { tracking, logger, metrics }: LinksApi): Promise<void> {
  await fastify.register((scope, _options, loaded) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, ownAccount: true };
    });
    scope.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, logger));
    observe(scope, metrics);
    readAnyForm(scope);

    scope.get<WithToken>('/t/c/:token', async (request, reply) => {
      const url = await tracking.click(request.params.token, visitOf(request));
      if (url === undefined) return html(reply, 404, gonePage());
      return quiet(reply).code(302).header('location', url).send();
    });

    scope.get<WithToken>('/t/o/:token', async (request, reply) => {
      await tracking.open(request.params.token, visitOf(request));
      return quiet(reply).header('content-type', 'image/gif').send(OPEN_PIXEL);
    });

    scope.get<WithToken>('/t/u/:token', async (request, reply) => {
      const page = await tracking.unsubscribePage(request.params.token);
      return page ? html(reply, 200, unsubscribePage(page)) : html(reply, 404, gonePage());
    });

    scope.post<WithToken>('/t/u/:token', async (request, reply) => {
      const { ip, headers } = request;
      const userAgent = headers['user-agent'];
      const all = (request.body as URLSearchParams | undefined)?.get('all') === '1';
      const known = await tracking.unsubscribe(request.params.token, { all, ip, ...(userAgent ? { userAgent } : {}) });
      return known ? html(reply, 200, donePage()) : html(reply, 404, gonePage());
    });
    loaded();
  });
}

/** RFC 8058 lets mail services send the one field as a form of either kind; what else they send does not matter. */
function readAnyForm(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: 16_384 }, (request, body, done) => {
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    done(null, new URLSearchParams(isForm ? String(body) : ''));
  });
}

function observe(scope: FastifyInstance, metrics: Metrics): void {
  scope.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    metrics.requests.observe(
      { method, route: routeOptions.url ?? 'none', status: reply.statusCode },
      reply.elapsedTime / 1_000,
    );
    done();
  });
}
