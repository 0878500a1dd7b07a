import type { Session } from './session.js';

/** Logins. They belong to accounts, which belong to no tenant. */
export abstract class SessionStore {
  abstract insert(session: Session): Promise<void>;

  abstract get(sessionId: string): Promise<Session | undefined>;

  /** Those of an account that are neither revoked nor over at `now`, newest first. */
  abstract live(accountId: string, now: number): Promise<Session[]>;

  /** False when there is none of this account, or it was revoked before. */
  abstract revoke(accountId: string, sessionId: string, now: number): Promise<boolean>;

  /** Revokes all of an account but `except`; answers the ids that were live. */
  abstract revokeAll(accountId: string, now: number, except?: string): Promise<string[]>;

  /** Forgets those that were over before `before`; answers how many. */
  abstract purge(before: number): Promise<number>;
}
