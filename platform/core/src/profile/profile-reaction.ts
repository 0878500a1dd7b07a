import type { ProfileEvent } from '../inbound/index.js';
import type { MembershipChange, ProfileDocument } from './profile-document.js';

/** A profile that a batch touched, before it is written. */
export interface ProfileChange {
  /** To be completed in place: aggregates, memberships, `nextDueAt`. */
  document: ProfileDocument;
  created: boolean;
  /** It is known by these events alone: it was made in this batch, and nothing was merged into it. */
  blank: boolean;
  /** Events that were applied, in the order of the log. */
  events: ProfileEvent[];
  /** Names of traits that were written. */
  traits: Set<string>;
  /** Something is known of the person that was not: an identifier, a trait, a consent, a device. Events alone are no news. */
  news: boolean;
  consents: boolean;
  devices: boolean;
  /** What is known may have changed altogether: after a merge or its undoing, or when time alone called. */
  everything: boolean;
}

/** What a later stage does with profiles as they change, in the same step as their writing: live segmentation. */
export abstract class ProfileReaction {
  /**
   * Completes the documents and answers the memberships that changed. The batch's events are in the event store, and
   * visible after `refresh`. Must not depend on how the log was cut into batches.
   */
  abstract react(tenantId: string, changes: readonly ProfileChange[]): Promise<MembershipChange[]>;
}
