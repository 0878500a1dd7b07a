import { ElasticEventStore, eventItem } from '@cdp/adapters/elasticsearch';
import { elasticHome } from '@cdp/adapters/elasticsearch/testing';
import { engineAddress } from '@cdp/adapters/testing';
import type { StoredEvent } from '@cdp/core/profile';
import { alternate, type Row, rateLine } from '../harness/row.js';
import { rateOf } from './counting.js';

const EVENTS = 1_000;
const SIDE = 2;
const AT = Date.UTC(2026, 2, 1);

const eventOf = (number: number): StoredEvent => ({
  profileId: `01900000-0000-7000-8000-${String(number % 50_000).padStart(12, '0')}`,
  messageId: `m-${number}`,
  type: 'track',
  name: 'Product Viewed',
  timestamp: AT + number,
  receivedAt: AT + number,
  properties: { product_id: '507f1f77bcf86cd799439011', name: 'Monopoly: 3rd Edition', price: 18.99, quantity: 1 },
  context: {},
  source: 'bench',
});

/** The event store's append, a batch and its position, against `_bulk` of the same documents alone on the same server. */
export const index: Row = {
  name: 'index',
  run: async ({ rounds, roundMs }) => {
    const home = await elasticHome();
    const events = new ElasticEventStore(home.open());
    const url = engineAddress('CDP_ELASTICSEARCH_URL');
    try {
      let next = 0;
      const take = (): StoredEvent[] => Array.from({ length: EVENTS }, () => eventOf(next++));
      const product = () =>
        rateOf(
          async (number) => {
            const batch = take();
            await events.append(new Map([['bench', batch]]), { partition: number % 12, next: next + 1 });
            return EVENTS;
          },
          SIDE,
          roundMs,
        );
      // The very documents that the store writes.
      const reference = () =>
        rateOf(
          async () => {
            const body = take()
              .map((event) => {
                const { id, routing, source } = eventItem('bench', event, {
                  origin: 'bare',
                  profileId: event.profileId,
                });
                return `${JSON.stringify({ create: { _id: id, routing } })}\n${source}\n`;
              })
              .join('');
            const answer = await fetch(`${url}/${home.prefix}events_v1-202603/_bulk`, {
              method: 'POST',
              headers: { 'content-type': 'application/x-ndjson' },
              body,
            });
            const { errors } = (await answer.json()) as { errors: boolean };
            if (errors) throw new Error('The server refused what the bare loop sent.');
            return EVENTS;
          },
          SIDE,
          roundMs,
        );
      const what = `index events, ${EVENTS} at a time, ${SIDE} callers`;
      return [rateLine({ what, unit: 'events/s', floor: 0.5, aim: 0.7 }, await alternate(rounds, product, reference))];
    } finally {
      await events.close();
      await home.remove();
    }
  },
};
