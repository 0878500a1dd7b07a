/** What a provider posted to the callback URL of a channel configuration, byte for byte. */
export interface CallbackRequest {
  method: string;
  /** The whole URL as the provider called it: some sign it. */
  url: string;
  /** Names in lower case; a header that came several times is joined by `, `. */
  headers: Readonly<Record<string, string>>;
  /** As it came: a signature is over these bytes, not over what a parser made of them. */
  body: Uint8Array;
}

/** One thing that happened to a message after it was sent. */
export interface DeliveryEvent {
  type: 'delivered' | 'deferred' | 'bounced' | 'complained' | 'opened' | 'clicked' | 'unsubscribed';
  /** The same when the provider repeats the callback: the platform takes each id once. */
  id: string;
  /** Milliseconds since the Unix epoch. */
  at: number;
  /** At least one of the two says which message: the id that the platform gave, or the one that `send` gave back. */
  messageId?: string | undefined;
  providerId?: string | undefined;
  reason?: string | undefined;
  /** With `bounced`: the address is dead. */
  suppress?: 'address' | 'token' | undefined;
  /** With `clicked`. */
  url?: string | undefined;
}
