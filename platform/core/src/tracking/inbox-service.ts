import type { InboxMark, InboxMessage, InboxStore } from '../delivery/index.js';
import type { Door, RateLimiter } from '../ingest/index.js';
import { CdpError, type Clock, type Ids, notFound, type Page, type PageRequest } from '../kernel/index.js';
import type { EventLog, LogRecord } from '../log/index.js';
import type { ProfileService } from '../profile/index.js';
import { messageRecord } from './message-call.js';

export interface InboxServiceDeps {
  inbox: InboxStore;
  people: Pick<ProfileService, 'ownerOf'>;
  limiter: RateLimiter;
  log: EventLog;
  clock: Clock;
  ids: Ids;
}

/** A page of a person's inbox. */
export interface InboxPage extends Page<InboxMessage> {
  /** Of the whole inbox. */
  unread: number;
  /** Number of the last change that the page may show: a feed from there on misses nothing. */
  position: number;
}

/** Marks of one person in a window: opening an inbox may read all of it at once, but nobody goes on like that. */
const MARKS = 300;
const MARKS_WINDOW_MS = 60_000;

/** The inbox of one person, as the front end of an app shows it. A person is named by an identifier such as `userId:42`. */
export class InboxService {
  readonly #deps: InboxServiceDeps;

  constructor(deps: InboxServiceDeps) {
    this.#deps = deps;
  }

  /** The newest first. Somebody who is not known has an empty inbox: an app may ask before its first event was worked through. */
  async page(
    tenantId: string,
    identifier: string,
    page: PageRequest & { unread?: boolean | undefined },
  ): Promise<InboxPage> {
    const { inbox, people, clock } = this.#deps;
    const now = clock.now();
    // Before the rest is read: what changes meanwhile comes after it.
    const position = await inbox.revision(tenantId);
    const owner = await people.ownerOf(tenantId, identifier);
    if (owner === undefined) return { items: [], nextCursor: null, unread: 0, position };
    const [list, unread] = await Promise.all([
      inbox.list(tenantId, owner, { ...page, now }),
      inbox.unread(tenantId, owner, now),
    ]);
    return { ...list, unread, position };
  }

  /**
   * Notes what the person did with a message, and tells of it as an event of the person. Reading and dismissing count once; each
   * click counts, and means that the message was read.
   *
   * @throws CdpError `not_found` where no such message is in this person's inbox; `over_quota` for what no person does.
   */
  async mark(
    tenantId: string,
    identifier: string,
    id: string,
    mark: InboxMark,
    door: Door = {},
  ): Promise<InboxMessage> {
    const { inbox, people, limiter, log, clock } = this.#deps;
    const owner = await people.ownerOf(tenantId, identifier);
    if (owner === undefined) throw notFound('message in this inbox');
    const allowance = await limiter.take(`inbox/${tenantId}/${owner}`, 1, MARKS, MARKS_WINDOW_MS);
    if (!allowance.allowed)
      throw new CdpError('over_quota', 'More than a person does with an inbox.', { retryAfter: allowance.retryAfter });
    const now = clock.now();
    const message = await inbox.get(tenantId, owner, id, now);
    if (!message) throw notFound('message in this inbox');
    // The event first: if the mark is lost after it, the next try tells it under the same id, and it is taken once.
    const records = this.#events(tenantId, message, mark, now, door);
    if (records.length > 0) await log.append(records);
    const marks: InboxMark[] = mark === 'clicked' ? ['read', 'clicked'] : [mark];
    const marked = await inbox.mark(tenantId, owner, id, marks, now);
    if (!marked) throw notFound('message in this inbox');
    return marked;
  }

  #events(tenantId: string, message: InboxMessage, mark: InboxMark, now: number, door: Door): LogRecord[] {
    const { id, ownerId, campaignId, channel, content, readAt, dismissedAt } = message;
    // Nothing is counted of a test.
    if (campaignId === undefined) return [];
    const told = (outcome: 'opened' | 'clicked' | 'dismissed', eventId: string, properties = {}): LogRecord =>
      messageRecord({
        message: { tenantId, messageId: id, campaignId, profileId: ownerId, channel },
        outcome,
        id: eventId,
        at: now,
        receivedAt: now,
        properties: { ...properties, ...(outcome !== 'dismissed' && { machine: false }) },
        ip: door.ip,
        userAgent: door.userAgent?.slice(0, 512),
      });
    if (mark === 'dismissed') return dismissedAt === undefined ? [told('dismissed', `${id}-dismissed`)] : [];
    const read = readAt === undefined ? [told('opened', `${id}-read`)] : [];
    if (mark === 'read') return read;
    const url = linkOf(content);
    return [...read, told('clicked', this.#deps.ids.next(), url === undefined ? {} : { url })];
  }
}

/** Where a content with an action leads. A link is never taken from who reports the click. */
function linkOf({ action }: InboxMessage['content']): string | undefined {
  if (typeof action !== 'object' || action === null || Array.isArray(action)) return undefined;
  return typeof action.url === 'string' ? action.url : undefined;
}
