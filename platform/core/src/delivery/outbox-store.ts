import type { CampaignMessage, MessageState } from '../campaign/index.js';
import type { DeliveryEvent } from './delivery-event.js';

/** The messages of one channel configuration, sent apart from all others. */
export interface LaneRef {
  tenantId: string;
  channelId: string;
  /** The kind of its channel, such as `email`. */
  kind: string;
  /** When its first message is due. */
  dueAt: number;
}

export interface LeasedMessage {
  id: string;
  campaignId: string;
  runId: string;
  profileId: string;
  channel: string;
  topic: string;
  address: string;
  attempts: number;
  queuedAt: number;
  /** A `MessageBody` of campaign, packed by the skeleton of its run. */
  content: string;
  /** What it was before: `queued`; `sending` when a worker had begun and was not heard of again; `unknown` when its end is to be found out. */
  was: Extract<MessageState, 'queued' | 'sending' | 'unknown'>;
}

/** What became of a leased message. */
export interface Settlement {
  id: string;
  state: MessageState;
  reason?: string | undefined;
  providerId?: string | undefined;
  /** When to look at it again; without it the message is at its end and its content is dropped. */
  dueAt?: number | undefined;
  /** True when an attempt was made. */
  attempted: boolean;
  /** Published once the settlement is stored, and only then. */
  event?: DeliveryEvent | undefined;
}

export interface LeaseRequest {
  /** Names this lease alone. It is the fence: a result that comes with another one is refused. */
  lease: string;
  now: number;
  until: number;
  limit: number;
}

/** A change that a provider reported after the sending. */
export interface ReportedChange {
  messageId: string;
  /** Left as it is where undefined. */
  state?: MessageState | undefined;
  reason?: string | undefined;
  event: DeliveryEvent;
}

/**
 * The outbox: messages that wait, under leases.
 *
 * - `lease` gives a message to one worker until a time; a worker that is late loses it. Messages whose time has come are
 *   given in the order of their times, those of ended leases among them.
 * - `begin` notes durably that sending is about to start. What was begun and never settled comes back as `sending`: it may have
 *   been sent. What was cancelled or erased since it was leased is not begun.
 * - `release` gives back what was leased and will not be sent now.
 * - `settle` stores results under the lease, together with the events that follow from them, in one transaction; it answers the
 *   ids that were still the lease's. A result that comes too late changes nothing.
 * - Events stay `unpublished` until `markPublished`, over crashes.
 * - Every method takes the tenant but those that look for work to do over all of them.
 */
export abstract class OutboxStore {
  /** Lanes of enabled channels of these kinds, such as `email`, with messages due by `now`, or the next that will be. */
  abstract lanes(now: number, kinds: readonly string[]): Promise<LaneRef[]>;
  /**
   * How many messages of each of these kinds of channel could be sent by `now` and are not leased, those of disabled channels left
   * out. Of one lane no more than `perLane` are counted, which bounds what asking costs.
   */
  abstract countDue(now: number, kinds: readonly string[], perLane: number): Promise<Map<string, number>>;
  /** When the lane's first message is due. */
  abstract nextDueAt(tenantId: string, channelId: string): Promise<number | undefined>;

  abstract lease(tenantId: string, channelId: string, request: LeaseRequest): Promise<LeasedMessage[]>;
  /** Answers the ids that are still the lease's and still to be sent. */
  abstract begin(tenantId: string, lease: string, ids: readonly string[], now: number): Promise<string[]>;
  /** It is due again at once. Ids that are another lease's by now stay as they are, and so does what has come to its end. */
  abstract release(tenantId: string, lease: string, ids: readonly string[], now: number): Promise<void>;
  abstract settle(
    tenantId: string,
    lease: string,
    settlements: readonly Settlement[],
    now: number,
    options?: { keepProviderIds?: boolean },
  ): Promise<string[]>;

  /**
   * Ends every lease: what had begun to be sent comes back as `sending`, the rest as queued. Only for a process that knows that it
   * is alone: those who held them are gone.
   */
  abstract expireLeases(now: number): Promise<void>;

  /** Stores what providers reported, with their events. */
  abstract report(tenantId: string, changes: readonly ReportedChange[], now: number): Promise<void>;
  /** Messages by the platform's ids, and by the provider's where those were kept. */
  abstract find(
    tenantId: string,
    channelId: string,
    by: { ids: readonly string[]; providerIds: readonly string[] },
  ): Promise<CampaignMessage[]>;

  /** Up to `limit` batches of events, the oldest first. */
  abstract unpublished(limit: number): Promise<{ id: string; events: DeliveryEvent[] }[]>;
  /** How many batches wait. */
  abstract countUnpublished(): Promise<number>;
  abstract markPublished(ids: readonly string[]): Promise<void>;

  abstract deleteTenant(tenantId: string): Promise<void>;
}
