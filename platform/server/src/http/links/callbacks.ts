import type { CallbackService } from '@cdp/core/delivery';
import { CdpError, type Logger } from '@cdp/core/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from '../../operations/index.js';
import { sendProblem } from '../send-problem.js';

export interface CallbacksApi {
  callbacks: CallbackService;
  logger: Logger;
  metrics: Metrics;
  publicUrl: string;
}

const NONE = new Uint8Array();

/** What providers report about messages. The plugin verifies the bytes as they came, so nothing is parsed here. */
export async function addCallbacks(fastify: FastifyInstance, api: CallbacksApi): Promise<void> {
  await fastify.register((scope, _options, loaded) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, request, reply) => {
      if (error instanceof CdpError && error.code === 'unauthenticated') api.metrics.callbacksUnverified.inc();
      sendProblem(error, request, reply, api.logger);
    });
    scope.post<{ Params: { channelConfigId: string } }>('/callbacks/:channelConfigId', async (request) => ({
      received: await api.callbacks.receive(request.params.channelConfigId, {
        method: request.method,
        url: `${api.publicUrl}${request.url}`,
        headers: plainHeaders(request),
        body: (request.body as Buffer | undefined) ?? NONE,
      }),
    }));
    loaded();
  });
}

const plainHeaders = ({ headers }: FastifyRequest): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')]],
    ),
  );
