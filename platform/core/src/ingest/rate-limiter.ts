/** Whether a call fits the limit, and if not, after how many seconds it will. */
export type Allowance = { allowed: true } | { allowed: false; retryAfter: number };

/**
 * Counts units (events, requests, messages) against limits by key. One decision is one step: two callers never both
 * take the last unit. Limits that need not survive a restart live in memory; quotas (`windowMs` of an hour or more) do survive.
 */
export abstract class RateLimiter {
  /**
   * Takes `units` from the key's allowance of `limit` units per `windowMs`.
   * Synchronous where the answer is in memory: this stands on the path of every request.
   */
  abstract take(key: string, units: number, limit: number, windowMs: number): Allowance | Promise<Allowance>;

  /** Units taken of the key in the current window. */
  abstract used(key: string, windowMs: number): Promise<number>;
  abstract close(): Promise<void>;
}
