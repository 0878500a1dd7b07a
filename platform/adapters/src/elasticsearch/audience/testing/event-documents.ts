import type { EventStore, HistoryQuery, StoredEvent } from '@cdp/core/profile';
import { documentId, routingOf } from '../../document-id.js';
import type { Elastic } from '../../elastic.js';
import { eventFields } from '../event-fields.js';

/** Events in the index as rules look at them, and in memory for who asks for histories. */
export class EventDocuments {
  readonly #elastic: Elastic;
  readonly #histories = new Map<string, StoredEvent[]>();

  constructor(elastic: Elastic) {
    this.#elastic = elastic;
  }

  async append(tenantId: string, events: readonly StoredEvent[]): Promise<void> {
    for (const event of events) {
      const key = documentId(tenantId, event.profileId);
      const history = this.#histories.get(key) ?? [];
      history.push(event);
      this.#histories.set(key, history);
    }
    await this.#elastic.bulk.write(
      events.map((event) => ({
        action: 'index' as const,
        index: this.#elastic.index('events_v1-202601'),
        id: documentId(tenantId, event.messageId),
        routing: routingOf(tenantId),
        title: event.messageId,
        source: JSON.stringify({
          tenantId,
          profileId: event.profileId,
          messageId: event.messageId,
          name: event.name,
          timestamp: event.timestamp,
          ...eventFields(tenantId, event),
        }),
      })),
    );
  }

  readonly store: Pick<EventStore, 'history'> = {
    history: async (tenantId: string, queries: readonly HistoryQuery[]) =>
      new Map(
        queries.map(({ profileId, eventNames, since }) => [
          profileId,
          (this.#histories.get(documentId(tenantId, profileId)) ?? []).filter(
            ({ name, timestamp }) => eventNames.includes(name) && timestamp >= since,
          ),
        ]),
      ),
  };
}
