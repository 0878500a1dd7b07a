import type { ConsentPolicy, ConsentStatement } from './consent-statement.js';

/**
 * Consent policies of tenants and what their people said.
 *
 * - `record` keeps the statement with the greatest `at` for each (profile, channel, topic); an older one than what counts
 *   for the profile, or the same again, changes nothing. It answers those that took effect, durably.
 * - What took effect is `unpublished` until `markPublished` names the same statement, so that it reaches the log over a crash.
 * - A tenant sees its own alone.
 */
export abstract class ConsentStore {
  abstract policies(tenantId: string): Promise<ConsentPolicy[]>;
  abstract putPolicy(tenantId: string, policy: ConsentPolicy, at: number): Promise<void>;
  /** False where there was none. */
  abstract deletePolicy(tenantId: string, channel: string, topic: string): Promise<boolean>;

  abstract record(tenantId: string, statements: readonly ConsentStatement[]): Promise<ConsentStatement[]>;

  /** The last word of one person on each channel and topic. */
  abstract statementsOf(tenantId: string, profileId: string): Promise<ConsentStatement[]>;

  /** What people (some thousands at the most) said about a channel; those who said nothing are left out. */
  abstract statementsOn(
    tenantId: string,
    channel: string,
    profileIds: readonly string[],
  ): Promise<Map<string, ConsentStatement[]>>;

  /** Over all tenants: this is how a process that starts picks up what another one left behind. */
  abstract unpublished(limit: number): Promise<{ tenantId: string; statement: ConsentStatement }[]>;
  abstract markPublished(tenantId: string, statements: readonly ConsentStatement[]): Promise<void>;

  /** True when something counts for the profile. */
  abstract holdsAny(tenantId: string, profileId: string): Promise<boolean>;

  /**
   * Lets what the profiles said, as what they were when they said it, count for `ownerId` from now on, and for nobody else: after
   * a merge its last word counts, after the undoing each has its own again.
   */
  abstract give(tenantId: string, profileIds: readonly string[], ownerId: string): Promise<void>;

  /** What it said and what counts for it; answers how many statements were erased. */
  abstract erase(tenantId: string, profileId: string): Promise<number>;
  abstract deleteTenant(tenantId: string): Promise<void>;
}
