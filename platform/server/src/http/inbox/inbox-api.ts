import type { InboxMark } from '@cdp/core/delivery';
import type { Clock, Logger } from '@cdp/core/kernel';
import type { AppDirectory } from '@cdp/core/tenancy';
import type { InboxFeed, InboxService } from '@cdp/core/tracking';
import { pageQuerySchema } from '@cdp/tenant-admin-api';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Metrics } from '../../operations/index.js';
import { outcomeOf } from '../problem.js';
import { sendProblem } from '../send-problem.js';
import { invalidBy } from '../validation.js';
import { type AppAuthenticator, allowOrigin, denyOrigin, preflight } from '../write-api/index.js';
import { InboxGate } from './inbox-gate.js';
import { streamInbox } from './inbox-stream.js';
import { inboxMessageView } from './inbox-view.js';

export interface InboxApi {
  inbox: InboxService;
  feed: InboxFeed;
  authenticator: AppAuthenticator;
  directory: AppDirectory;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
}

export const INBOX_PATH = '/v1/inbox';
export const STREAM_PATH = `${INBOX_PATH}/stream`;
/** What a front end says that a person did, by the last part of the path. */
export const MARK_PATHS: Record<string, InboxMark> = {
  [`${INBOX_PATH}/:id/read`]: 'read',
  [`${INBOX_PATH}/:id/click`]: 'clicked',
  [`${INBOX_PATH}/:id/dismiss`]: 'dismissed',
};

export const inboxQuerySchema = pageQuerySchema.extend({ unread: z.enum(['true', 'false']).optional() });
/** Read by the gate. */
const WHO = new Set(['userId', 'anonymousId', 'identifier', 'writeKey', 'write_key']);
/** Nothing in a body is looked at; some clients send an empty object. */
const MOST_BODY_BYTES = 16 * 1024;

/** Inboxes for the front ends of apps, straight on the HTTP server as the rest of what apps call. */
export async function addInbox(fastify: FastifyInstance, api: InboxApi): Promise<void> {
  const { inbox, feed, logger } = api;
  const gate = new InboxGate(api);
  await fastify.register((scope, _options, loaded) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, ownAccount: true };
    });
    scope.removeAllContentTypeParsers();
    const body = { parseAs: 'buffer' as const, bodyLimit: MOST_BODY_BYTES };
    scope.addContentTypeParser('*', body, (_request, bytes, done) => done(null, bytes));
    scope.setErrorHandler((error, request, reply) => {
      if (outcomeOf(error)?.status === 403) denyOrigin(reply);
      sendProblem(error, request, reply, logger);
    });
    scope.addHook('onRequest', (request, reply, done) => {
      // What stands in an inbox is for one person: no cache on the way may keep it.
      reply.header('x-correlation-id', request.id).header('cache-control', 'no-store');
      allowOrigin(request, reply);
      done();
    });
    observe(scope, api.metrics);

    scope.get(INBOX_PATH, async (request) => {
      const { app, identifier } = await gate.admit(request);
      const { unread, ...page } = queryOf(request.query as Record<string, unknown>);
      const list = await inbox.page(app.tenantId, identifier, { ...page, unread: unread === 'true' });
      return { ...list, items: list.items.map(inboxMessageView) };
    });
    // A stream has no head to look at without it.
    scope.get(STREAM_PATH, { exposeHeadRoute: false }, async (request, reply) => {
      await streamInbox(feed, await gate.admit(request, { tokenInQuery: true }), request, reply);
      return reply;
    });
    for (const [path, mark] of Object.entries(MARK_PATHS))
      scope.post<{ Params: { id: string } }>(path, async (request) => {
        const { app, identifier } = await gate.admit(request);
        const door = { ip: request.ip, userAgent: request.headers['user-agent'] };
        return inboxMessageView(await inbox.mark(app.tenantId, identifier, request.params.id, mark, door));
      });
    for (const path of [INBOX_PATH, STREAM_PATH, ...Object.keys(MARK_PATHS)]) scope.options(path, preflight);
    loaded();
  });
}

function queryOf(query: Record<string, unknown>): z.infer<typeof inboxQuerySchema> {
  const own = Object.fromEntries(Object.entries(query).filter(([name]) => !WHO.has(name)));
  const parsed = inboxQuerySchema.safeParse(own);
  if (!parsed.success) throw invalidBy(parsed.error.issues);
  return parsed.data;
}

function observe(scope: FastifyInstance, metrics: Metrics): void {
  scope.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    // A stream lasts as long as somebody looks.
    if (routeOptions.url !== STREAM_PATH)
      metrics.requests.observe(
        { method, route: routeOptions.url ?? 'none', status: reply.statusCode },
        reply.elapsedTime / 1_000,
      );
    done();
  });
}
