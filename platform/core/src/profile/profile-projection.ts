import type { AppliedPosition } from './event-store.js';
import type { MembershipChange, ProfileDocument } from './profile-document.js';

/** Where later stages keep what they derive from documents, such as the columns that rules are counted on. */
export abstract class ProfileProjection {
  /**
   * Takes over documents and live membership changes. Idempotent: by the documents' version, and by each change's end.
   * The changes are durable when this resolves; documents may be later, see `reached`.
   */
  abstract project(
    tenantId: string,
    documents: readonly ProfileDocument[],
    changes: readonly MembershipChange[],
  ): Promise<void>;

  /** All that was projected so far covers the records below `position.next`; kept beside the documents once those are durable. */
  abstract reached(position: AppliedPosition): void;

  /** Up to where the documents of a partition's records are durable: its consumer must resume there. */
  abstract projectedPosition(partition: number): Promise<number | undefined>;

  /** Takes a profile out of everything; answers once that is done. */
  abstract erase(tenantId: string, profileId: string): Promise<void>;
}
