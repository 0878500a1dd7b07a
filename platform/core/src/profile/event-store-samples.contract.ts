import type { EventStore, StoredEvent } from './event-store.js';

export const T = 1_760_000_000_000;

/** The same id for the same number, in the order of the numbers. */
export const profileId = (number: number): string => `0199c000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;

export const event = (profile: number, messageId: string, more: Partial<StoredEvent> = {}): StoredEvent => ({
  profileId: profileId(profile),
  messageId,
  type: 'track',
  name: 'Bought',
  timestamp: T,
  receivedAt: T + 5,
  properties: { price: 9.5 },
  context: {},
  source: 'shop',
  ...more,
});

/** Appends as the consumer of a partition of its own would. */
export class Appender {
  readonly #store: () => EventStore;
  readonly #partition: number;
  #next = 0;

  constructor(store: () => EventStore, partition = 0) {
    this.#store = store;
    this.#partition = partition;
  }

  async append(events: readonly StoredEvent[], tenantId = 'acme'): Promise<void> {
    this.#next += Math.max(events.length, 1);
    await this.#store().append(new Map([[tenantId, events]]), { partition: this.#partition, next: this.#next });
    await this.#store().refresh();
  }
}

export const idsOf = (events: readonly StoredEvent[] | undefined): string[] =>
  (events ?? []).map(({ messageId }) => messageId);

export async function timelineOf(store: EventStore, profile: number, tenantId = 'acme'): Promise<string[]> {
  return idsOf((await store.timeline(tenantId, profileId(profile), { limit: 1_000 })).items);
}
