/** What a write was answered. */
export interface KeptAnswer {
  status: number;
  /** JSON text of the body; null without one. */
  body: string | null;
}

/**
 * `new`: go ahead, the caller holds the lock. `done`: was answered before. `running`: the same request is being served at this
 * moment. `different`: the key was used for another request.
 */
export type Beginning =
  | { kind: 'new' }
  | { kind: 'done'; answer: KeptAnswer }
  | { kind: 'running' }
  | { kind: 'different' };

/** Remembers the answers of writes by the key that the client gave them, so that a repetition is answered and not done again. */
export abstract class IdempotentRequests {
  /**
   * Begins a request. Of several at once with one `digest` exactly one is told `new`. A lock whose holder was not heard of until
   * `lockedUntil` is given to the next that asks.
   *
   * @param digest of the key and of who gave it
   * @param fingerprint of the request itself
   * @param now epoch milliseconds, as are the others
   */
  abstract begin(
    tenantId: string,
    digest: string,
    fingerprint: string,
    times: { now: number; lockedUntil: number; expiresAt: number },
  ): Promise<Beginning>;

  /** Keeps the answer of a request that was begun. */
  abstract finish(tenantId: string, digest: string, answer: KeptAnswer): Promise<void>;

  /** The request failed in a way that may be repeated: forget that it was begun. */
  abstract abandon(tenantId: string, digest: string): Promise<void>;

  /** Forgets what expired before `now`. */
  abstract purge(now: number): Promise<void>;
}
