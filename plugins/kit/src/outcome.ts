/**
 * What became of one message. Say only what is known: `sent` when the provider took responsibility, `unknown` when the provider may
 * have taken it and the answer was lost. The platform retries `later`, never retries `sent` and `refused`, and reconciles `unknown`.
 *
 * A `reason` is read by people, kept for years and shown to the tenant: one line, no secret, no more than 300 characters are kept.
 */
export type Outcome = Sent | Refused | Later | Unknown;

export interface Sent {
  kind: 'sent';
  /** The provider's own id of the message, by which later callbacks are matched. */
  providerId?: string | undefined;
}

/** For good: the same message would be refused again. */
export interface Refused {
  kind: 'refused';
  reason: string;
  /** The address or device token itself is dead: the platform sends nothing more to it. */
  suppress?: 'address' | 'token' | undefined;
  channel?: ChannelTrouble | undefined;
}

/** Not now, and certainly not taken. */
export interface Later {
  kind: 'later';
  reason: string;
  /** Milliseconds that the provider asked to wait. Without it the platform backs off by its own schedule. */
  afterMs?: number | undefined;
  channel?: ChannelTrouble | undefined;
}

/** It may have been sent. */
export interface Unknown {
  kind: 'unknown';
  reason: string;
  channel?: ChannelTrouble | undefined;
}

/**
 * Set when the cause lies with the provider, the endpoint or the credentials, so that any other message would have met it too.
 * `failing`: the platform slows the whole channel configuration down, and disables it when nothing but this came for days.
 * `gone`: the other side asked never to be called again; the platform disables the configuration now and tells its owner.
 */
export type ChannelTrouble = 'failing' | 'gone';

type Details<T extends Outcome> = Omit<T, 'kind' | 'reason'>;

export const sent = (providerId?: string): Sent =>
  providerId === undefined ? { kind: 'sent' } : { kind: 'sent', providerId };
export const refused = (reason: string, details: Details<Refused> = {}): Refused => ({
  kind: 'refused',
  reason,
  ...details,
});
export const later = (reason: string, details: Details<Later> = {}): Later => ({ kind: 'later', reason, ...details });
export const unknown = (reason: string, details: Details<Unknown> = {}): Unknown => ({
  kind: 'unknown',
  reason,
  ...details,
});
