/**
 * Remembers the nonces of signed requests, so that a request that somebody listened to cannot be sent a second time.
 *
 * - `use` answers true the first time that the app shows the nonce; of several at once one is told true. It is durable
 *   by then: a restart forgets nothing.
 * - A nonce is remembered for `windowMs` at least. The same nonce of two apps is two nonces.
 */
export abstract class NonceStore {
  abstract use(appId: string, nonce: string, windowMs: number): Promise<boolean>;
  abstract close(): Promise<void>;
}
