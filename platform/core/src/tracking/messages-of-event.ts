import type { MessageState, MessageStore } from '../campaign/index.js';
import type { EventStore, StoredEvent } from '../profile/index.js';
import { MESSAGE_EVENTS } from '../segment/index.js';

/** A message that an event is tied to. */
export interface MessageOfEvent {
  id: string;
  campaignId: string;
  channel: string;
  /** `about`: the event tells what became of the message. `converted`: the event counts as the success of it. */
  relation: 'about' | 'converted';
  /** Where the message stands now; absent where nothing is kept of it any more. */
  state?: MessageState | undefined;
}

/** More conversions than an event of one instant can have: campaigns with the same aim share the last message before it. */
const CONVERSIONS_LOOKED_AT = 100;

/** Finds the messages that an event is tied to: the one that it is about, or the one that it was attributed to. */
export class MessagesOfEvent {
  readonly #events: EventStore;
  readonly #messages: MessageStore;

  constructor(deps: { events: EventStore; messages: MessageStore }) {
    this.#events = deps.events;
    this.#messages = deps.messages;
  }

  async of(tenantId: string, event: StoredEvent): Promise<MessageOfEvent[]> {
    if (event.type === 'message') return this.#shown(tenantId, [event], 'about');
    // A conversion stands on the timeline at the very instant of what it was made of.
    const { items } = await this.#events.timeline(tenantId, event.profileId, {
      name: MESSAGE_EVENTS.converted,
      from: event.timestamp,
      to: event.timestamp + 1,
      limit: CONVERSIONS_LOOKED_AT,
    });
    const own = items.filter(({ type, properties }) => type === 'message' && properties.eventId === event.messageId);
    return this.#shown(tenantId, own, 'converted');
  }

  async #shown(
    tenantId: string,
    told: readonly StoredEvent[],
    relation: MessageOfEvent['relation'],
  ): Promise<MessageOfEvent[]> {
    const found: MessageOfEvent[] = [];
    for (const { properties } of told) {
      const { deliveryId, campaignId, channel } = properties;
      if (typeof deliveryId !== 'string' || typeof campaignId !== 'string' || typeof channel !== 'string') continue;
      const message = await this.#messages.get(tenantId, deliveryId);
      found.push({ id: deliveryId, campaignId, channel, relation, state: message?.state });
    }
    return found;
  }
}
