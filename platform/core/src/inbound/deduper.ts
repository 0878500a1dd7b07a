/** Where a message was first seen: its place in `cdp.ingestion.raw`. */
export interface FirstSeen {
  partition: number;
  offset: number;
  /** Epoch milliseconds of its acceptance. */
  receivedAt: number;
}

export interface DedupeEntry extends FirstSeen {
  tenantId: string;
  messageId: string;
  /** A first occurrence more milliseconds before this one than these is none: this one is the first again. */
  withinMs?: number;
}

/**
 * Remembers message ids for a window, so that a message that comes again counts once.
 *
 * - `claim` answers, for each entry in its order, where the message was first seen: at another place than the entry's
 *   own, it is a duplicate; at the same place it is the first occurrence, perhaps delivered again after a crash. Of two
 *   entries of one call with the same id the first wins.
 * - Claims are durable when the call resolves, and live at least for the window, counted by `receivedAt`.
 * - The same id of two tenants is two messages.
 */
export abstract class Deduper {
  abstract claim(entries: readonly DedupeEntry[]): Promise<FirstSeen[]>;

  /** Where a message was first seen, while it is remembered. */
  abstract find(tenantId: string, messageId: string): Promise<FirstSeen | undefined>;
  abstract close(): Promise<void>;
}
