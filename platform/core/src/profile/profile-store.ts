import type { ProfileDocument } from './profile-document.js';

/**
 * The documents of profiles, by id.
 *
 * - A document is replaced only by one of a greater version: `putMany` leaves the stored one where its version is the
 *   same or greater, and says so. Replaying a log over the store therefore changes nothing.
 * - Read your writes by id: once `putMany` resolved, `get` and `getMany` see it.
 * - Durable when `putMany` resolves, or after a crash the store is as it was at some earlier call; the log fills the gap.
 * - A tenant sees its own documents alone, whatever the id.
 */
export abstract class ProfileStore {
  abstract get(tenantId: string, id: string): Promise<ProfileDocument | undefined>;

  /** In the order of the ids; undefined where there is none. */
  abstract getMany(tenantId: string, ids: readonly string[]): Promise<(ProfileDocument | undefined)[]>;

  /** Answers the ids that were not stored because an equal or newer version stands. */
  abstract putMany(tenantId: string, documents: readonly ProfileDocument[]): Promise<string[]>;

  /** All documents of a tenant in the order of their ids, a page at a time; `after` is the last id of the page before. */
  abstract scan(tenantId: string, after: string | undefined, limit: number): Promise<ProfileDocument[]>;

  /**
   * Takes every trace of the document away and leaves a tombstone of that version that says `erased`. Of a replay: where
   * an equal or newer version stands, nothing changes.
   */
  abstract erase(tenantId: string, id: string, version: number): Promise<void>;

  abstract deleteTenant(tenantId: string): Promise<void>;
  abstract close(): Promise<void>;
}
