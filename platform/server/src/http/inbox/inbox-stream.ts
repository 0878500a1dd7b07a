import { invalid } from '@cdp/core/kernel';
import type { InboxChange, InboxFeed } from '@cdp/core/tracking';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EventStream } from './event-stream.js';
import type { InboxCaller } from './inbox-gate.js';
import { inboxMessageView } from './inbox-view.js';

/** Proxies close connections on which nothing moves. */
const HEARTBEAT_MS = 15_000;

/**
 * Streams changes to an inbox: `message` for one that is new, `changed` for one that was read, clicked or dismissed elsewhere or came with a merge.
 * The id of an event is where to go on after it.
 */
export async function streamInbox(
  feed: InboxFeed,
  { app, identifier, isStillIn }: InboxCaller,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const stream = new EventStream(reply);
  const receive = (changes: readonly InboxChange[]): boolean =>
    changes.every(({ message, isNew }) =>
      stream.send({ id: message.revision, event: isNew ? 'message' : 'changed', data: inboxMessageView(message) }),
    );
  let isOver = false;
  const end = (): void => {
    isOver = true;
    stream.end();
  };
  const { position, leave } = await feed.join(
    { tenantId: app.tenantId, identifier, receive, end },
    beginningOf(request),
  );
  stream.open();
  // Who loses the line before anything happened must not lose what happens meanwhile.
  stream.send({ id: position });
  const heartbeat = setInterval(() => {
    if (!isStillIn() || !stream.ping()) stream.end();
  }, HEARTBEAT_MS);
  heartbeat.unref();
  stream.onClose(() => {
    clearInterval(heartbeat);
    leave();
  });
  if (isOver) stream.end();
}

/** A client that comes back says where it was; one that comes from the list says what it saw. */
function beginningOf(request: FastifyRequest): number | undefined {
  const last = request.headers['last-event-id'];
  const { since } = request.query as Record<string, unknown>;
  const text = typeof last === 'string' && last !== '' ? last : since;
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text))
    throw invalid('since', 'The `position` of a list, or the id of the last event.');
  return Number(text);
}
