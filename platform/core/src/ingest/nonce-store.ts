/**
 * Remembers the nonces of signed requests, so that a request that somebody listened to cannot be sent a second time.
 *
 * - `claim` answers true once for a nonce of an app; of several at once one is told true. It is durable by then.
 * - A nonce is remembered for `rememberMs` at least, over restarts too. The same nonce of two apps, or of apps of two
 *   tenants, is two nonces.
 */
export abstract class NonceStore {
  /** `now` in epoch milliseconds. */
  abstract claim(tenantId: string, appId: string, nonce: string, now: number): Promise<boolean>;
  abstract close(): Promise<void>;
}
