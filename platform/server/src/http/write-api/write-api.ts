import type { Deduper } from '@cdp/core/inbound';
import {
  type FileStore,
  type ImportService,
  type IngestAnswer,
  type IngestService,
  parseBody,
  type RejectedEventStore,
} from '@cdp/core/ingest';
import { CdpError, type Ids, type Logger } from '@cdp/core/kernel';
import type { EventStore, ProfileStore } from '@cdp/core/profile';
import type { AppCredentials, AppDirectory } from '@cdp/core/tenancy';
import type { MessagesOfEvent } from '@cdp/core/tracking';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IngestConfig } from '../../config/index.js';
import type { Metrics } from '../../operations/index.js';
import { outcomeOf } from '../problem.js';
import { pathOf, sendProblem } from '../send-problem.js';
import { ingestAppOf } from './admit-app.js';
import type { AppAuthenticator } from './app-authenticator.js';
import { addBulkImport } from './bulk-import.js';
import { allowOrigin, denyOrigin, preflight } from './cors.js';
import { addEventStatus } from './event-status.js';
import { inflateBody } from './inflate-body.js';
import { addSdkSettings } from './sdk-settings.js';
import { shownBy } from './shown-credentials.js';
import { WRITE_ROUTES, type WriteRoute } from './write-routes.js';

export interface WriteApi {
  imports: ImportService;
  files: FileStore;
  ids: Ids;
  rejected: RejectedEventStore;
  deduper: Deduper;
  events: EventStore;
  profiles: ProfileStore;
  messagesOfEvent: MessagesOfEvent;
  ingest: IngestService;
  authenticator: AppAuthenticator;
  directory: AppDirectory;
  config: IngestConfig;
  logger: Logger & { isLevelEnabled?(level: string): boolean };
  metrics: Metrics;
  publicUrl: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The app that the write API let in, for the log line of a failure. */
    app?: AppCredentials;
  }
}

const JSON_TYPE = 'application/json; charset=utf-8';
const ONE_ACCEPTED = JSON.stringify({ success: true, accepted: 1, rejected: [] } satisfies IngestAnswer);

/**
 * The write API, straight on the HTTP server: what stands between the socket and the log is this file. Registered in a
 * scope of its own, outside the framework: no guards, pipes or interceptors, and no log line unless a request failed.
 */
export async function addWriteApi(fastify: FastifyInstance, api: WriteApi): Promise<void> {
  await fastify.register((scope, _options, loaded) => {
    prepare(scope, api);
    scope.addHook('onRequest', (request, _reply, done) => {
      // SDKs send JSON under many names; the parser of this scope takes the body as bytes whatever it is called.
      if (request.raw.headers['content-type'] !== undefined) request.raw.headers['content-type'] = 'application/json';
      done();
    });
    readAnyBody(scope, api.config);
    for (const route of WRITE_ROUTES) for (const path of route.paths) addRoute(scope, path, route, api);
    for (const path of new Set(WRITE_ROUTES.flatMap(({ paths }) => paths))) scope.options(path, preflight);
    addSdkSettings(scope, api);
    addEventStatus(scope, api);
    loaded();
  });
  await fastify.register((scope, _options, loaded) => {
    prepare(scope, api);
    addBulkImport(scope, api).then(() => loaded(), loaded);
  });
}

/** What the doors have in common: their ids, CORS, errors and account. */
function prepare(scope: FastifyInstance, api: WriteApi): void {
  scope.addHook('onRoute', (route) => {
    route.config = { ...route.config, ownAccount: true };
  });
  scope.setErrorHandler((error, request, reply) => refuse(error, request, reply, api));
  scope.addHook('onRequest', (request, reply, done) => {
    reply.header('x-correlation-id', request.id);
    allowOrigin(request, reply);
    done();
  });
  observe(scope, api);
}

function readAnyBody(scope: FastifyInstance, config: IngestConfig): void {
  scope.removeAllContentTypeParsers();
  const options = { parseAs: 'buffer' as const, bodyLimit: config.maxRequestBytes };
  scope.addContentTypeParser('*', options, (_request, body, done) => done(null, body));
}

function addRoute(scope: FastifyInstance, path: string, route: WriteRoute, api: WriteApi): void {
  const { ingest, authenticator, config, metrics } = api;
  scope.route({
    method: route.method,
    url: path,
    handler: async (request, reply) => {
      const raw = request.body as Buffer | undefined;
      const encoding = request.headers['content-encoding'];
      const bytes = raw && encoding !== undefined ? await inflateBody(raw, encoding, config.maxRequestBytes) : raw;
      const body = bytes && bytes.length > 0 ? parseBody(bytes) : noBody(route);
      const known = authenticator.authenticate(shownBy(request, raw, body));
      const app = known instanceof Promise ? await known : known;
      request.app = app;
      const door = { ip: request.ip, userAgent: request.headers['user-agent'] };
      const answer = await route.accept(ingest, ingestAppOf(app), body, door, request.params as Record<string, string>);
      metrics.ingestAccepted.inc(answer.accepted);
      for (const { code } of answer.rejected) metrics.ingestRejected.inc({ code });
      reply.header('content-type', JSON_TYPE);
      return answer.accepted === 1 && answer.rejected.length === 0 ? ONE_ACCEPTED : JSON.stringify(answer);
    },
  });
}

function noBody(route: WriteRoute): undefined {
  if (route.body === 'none') return undefined;
  throw new CdpError('invalid', 'The request has no body: send one JSON object.');
}

function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply, { logger, metrics }: WriteApi): void {
  const outcome = outcomeOf(error);
  metrics.ingestRejected.inc({ code: outcome?.code ?? 'internal' });
  if (outcome?.status === 403) denyOrigin(reply);
  sendProblem(error, request, reply, logger);
}

/** Counts every request; writes a line for those that failed, and for all of them at level `debug`. */
function observe(scope: FastifyInstance, { logger, metrics }: WriteApi): void {
  const ok = metrics.ingestRequests.labels({ status: '200' });
  const debug = logger.isLevelEnabled?.('debug') ?? false;
  scope.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status, elapsedTime: ms } = reply;
    if (status === 200) ok.observe(ms / 1_000);
    else metrics.ingestRequests.observe({ status }, ms / 1_000);
    if (debug || (status >= 400 && status !== 429)) {
      const ids = { correlationId: request.id, tenantId: request.app?.tenantId, appId: request.app?.appId };
      const fields = { ...ids, method: request.method, path: pathOf(request), status, ms: Math.round(ms * 10) / 10 };
      if (debug) logger.debug('Write request', fields);
      else logger.info('Write request refused', fields);
    }
    done();
  });
}
