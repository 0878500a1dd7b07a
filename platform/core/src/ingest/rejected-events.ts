import type { Page, PageRequest } from '../kernel/index.js';
import type { Batch } from '../log/index.js';
import type { RejectedEvent } from './rejected-event.js';

/** What was refused, kept for a time so that its sender can see why. */
export abstract class RejectedEventStore {
  /** An event that is there already is left as it is. */
  abstract insert(events: readonly RejectedEvent[]): Promise<void>;

  /** Newest first. */
  abstract list(tenantId: string, page: PageRequest): Promise<Page<RejectedEvent>>;
  abstract find(tenantId: string, messageId: string): Promise<RejectedEvent | undefined>;

  /** Removes some of those received before the instant (epoch milliseconds), `limit` at the most; answers how many. */
  abstract trim(before: number, limit: number): Promise<number>;
  abstract deleteTenant(tenantId: string): Promise<void>;
}

/** Consumes `cdp.ingestion.rejected`. */
export const rejectedHandler =
  (store: RejectedEventStore) =>
  (batch: Batch): Promise<void> =>
    store.insert(batch.records.map(({ value }) => JSON.parse(value.toString('utf8')) as RejectedEvent));
