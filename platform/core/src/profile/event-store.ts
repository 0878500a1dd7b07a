import type { ProfileEvent } from '../inbound/index.js';
import type { Page, PageRequest } from '../kernel/index.js';

export interface StoredEvent extends ProfileEvent {
  profileId: string;
}

export interface TimelineQuery extends PageRequest {
  name?: string | undefined;
  /** Epoch milliseconds, from inclusive, to exclusive. */
  from?: number | undefined;
  to?: number | undefined;
}

/** Where a consumer stands in a partition: the offset of the next record to do. */
export interface AppliedPosition {
  partition: number;
  next: number;
}

/** Which events a history is asked for: by name, none older than `since` (epoch milliseconds). */
export interface HistoryQuery {
  profileId: string;
  eventNames: readonly string[];
  since: number;
}

/**
 * The history of events: timelines, counts, and the source of aggregates. A projection of the log.
 *
 * - `append` of a batch is atomic with the position that it brings; a batch whose position is not beyond the stored one
 *   changes nothing, so a replay counts nothing twice.
 * - What `append` resolved is visible to every read here after `refresh` (embedded: at once).
 * - After `moveHistory(from, to)` the events of `from`, and those that still arrive for it, count for `to`;
 *   `restoreHistory` undoes exactly that.
 * - Erased events are gone from every read when the call resolves.
 */
export abstract class EventStore {
  abstract append(events: ReadonlyMap<string, readonly StoredEvent[]>, position: AppliedPosition): Promise<void>;

  /** The position stored with the last batch of a partition. */
  abstract appliedPosition(partition: number): Promise<number | undefined>;

  abstract refresh(): Promise<void>;

  /** Newest first. */
  abstract timeline(tenantId: string, profileId: string, query: TimelineQuery): Promise<Page<StoredEvent>>;

  abstract find(tenantId: string, messageId: string): Promise<StoredEvent | undefined>;

  /** Events of many profiles in one pass, oldest first within a profile; profiles without any are left out. */
  abstract history(tenantId: string, queries: readonly HistoryQuery[]): Promise<Map<string, StoredEvent[]>>;

  /** Number of events by name, most frequent first. */
  abstract countByName(tenantId: string, limit: number): Promise<{ name: string; count: number; lastSeenAt: number }[]>;

  abstract moveHistory(tenantId: string, from: string, to: string): Promise<void>;
  abstract restoreHistory(tenantId: string, from: string): Promise<void>;

  /** Answers how many events were erased. */
  abstract erase(tenantId: string, profileId: string): Promise<number>;
  abstract deleteTenant(tenantId: string): Promise<void>;
  abstract close(): Promise<void>;
}
