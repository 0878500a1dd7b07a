import type { Page, PageRequest } from '../kernel/index.js';
import type { InboxMark, InboxMessage, NewInboxMessage } from './inbox-message.js';

export interface InboxQuery extends PageRequest {
  now: number;
  /** Only those that were not read. */
  unread?: boolean | undefined;
}

/**
 * The inboxes of people. A message is in one inbox, under its id once.
 *
 * - Every change of a tenant's inboxes has a number, and the numbers grow in the order in which the changes become visible: who has
 *   seen all changes up to one number misses none by asking for those after it.
 * - What is dismissed or past its time (`expiresAt <= now`) is in no list. What is past its time cannot be marked either.
 */
export abstract class InboxStore {
  /** Puts messages into the inboxes of the people they were made for. One whose id is there already stays as it is. */
  abstract put(tenantId: string, messages: readonly NewInboxMessage[]): Promise<void>;

  /** The last that came first. */
  abstract list(tenantId: string, ownerId: string, query: InboxQuery): Promise<Page<InboxMessage>>;

  /** How many are listed and not read. */
  abstract unread(tenantId: string, ownerId: string, now: number): Promise<number>;

  /** Also one that was dismissed. Undefined for one that is in another inbox, or past its time. */
  abstract get(tenantId: string, ownerId: string, id: string, now: number): Promise<InboxMessage | undefined>;

  /** Sets marks that are not set; those that are keep their time. Answers the message as it is then, undefined as `get`. */
  abstract mark(
    tenantId: string,
    ownerId: string,
    id: string,
    marks: readonly InboxMark[],
    now: number,
  ): Promise<InboxMessage | undefined>;

  /** Number of the last change of the tenant's inboxes; 0 where there was none. */
  abstract revision(tenantId: string): Promise<number>;

  /** Messages of these inboxes, dismissed ones too, whose last change came after `since`, in the order of those changes. */
  abstract changes(
    tenantId: string,
    ownerIds: readonly string[],
    since: number,
    limit: number,
  ): Promise<InboxMessage[]>;

  /** Whether any of these inboxes holds anything. */
  abstract holdsAny(tenantId: string, ownerIds: readonly string[]): Promise<boolean>;

  /** Brings messages that were made for these people into the inbox of `ownerId`. */
  abstract give(tenantId: string, profileIds: readonly string[], ownerId: string): Promise<void>;

  /** Removes what was made for a person, and what is in that person's inbox. Answers how many messages went. */
  abstract erase(tenantId: string, profileId: string): Promise<number>;

  /** Removes up to `limit` messages of all tenants that are past their time; answers how many. */
  abstract trim(now: number, limit: number): Promise<number>;

  abstract deleteTenant(tenantId: string): Promise<void>;
}
