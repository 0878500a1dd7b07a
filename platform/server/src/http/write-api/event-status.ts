import { notFound } from '@cdp/core/kernel';
import type { FastifyInstance } from 'fastify';
import { requireServerApp } from './admit-app.js';
import { shownBy } from './shown-credentials.js';
import type { WriteApi } from './write-api.js';

export type EventStatusApi = Pick<
  WriteApi,
  'authenticator' | 'rejected' | 'deduper' | 'events' | 'profiles' | 'messagesOfEvent'
>;

const time = (ms: number): string => new Date(ms).toISOString();

/** Where an event is: refused, taken in, or on the timeline of a person, with that person's segments and the messages it is tied to. */
export function addEventStatus(scope: FastifyInstance, api: EventStatusApi): void {
  scope.get<{ Params: { messageId: string } }>('/v1/events/:messageId/status', async (request) => {
    const app = requireServerApp(await api.authenticator.authenticate(shownBy(request, undefined, undefined)));
    request.app = app;
    return statusOf(app.tenantId, request.params.messageId, api);
  });
}

async function statusOf(tenantId: string, messageId: string, api: EventStatusApi) {
  const { rejected, deduper, events, profiles, messagesOfEvent } = api;
  const event = await events.find(tenantId, messageId);
  if (event) {
    const document = await profiles.get(tenantId, event.profileId);
    const memberships = Object.entries(document?.memberships ?? {});
    return {
      messageId,
      state: 'processed',
      receivedAt: time(event.receivedAt),
      timestamp: time(event.timestamp),
      type: event.type,
      name: event.name,
      profileId: event.profileId,
      segments: memberships
        .filter(([, { member }]) => member)
        .map(([segmentId, { since }]) => ({ segmentId, since: time(since) })),
      messages: await messagesOfEvent.of(tenantId, event),
    };
  }
  const refusal = await rejected.find(tenantId, messageId);
  if (refusal) {
    const { code, path, message, receivedAt } = refusal;
    return { messageId, state: 'rejected', receivedAt: time(receivedAt), code, path, message };
  }
  const first = await deduper.find(tenantId, messageId);
  if (first) return { messageId, state: 'accepted', receivedAt: time(first.receivedAt) };
  throw notFound('event; one that came in a moment ago is known as soon as its turn has come');
}
