import { createHash } from 'node:crypto';
import type { NonceStore } from '@cdp/core/ingest';
import { CdpError, type Clock } from '@cdp/core/kernel';
import type { AppCredentials, AppDirectory } from '@cdp/core/tenancy';

/** What a request shows of who sends it. Header names are in lower case. */
export interface ShownCredentials {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** `writeKey` of the query, and that of the body, in the order in which they are believed. */
  writeKeys: readonly (string | undefined)[];
  method: string;
  /** Path and query as they were sent. */
  path: string;
  rawBody: Buffer;
  ip: string | undefined;
}

/** A signed request is good for so long before and after its timestamp. */
const WINDOW_MS = 5 * 60_000;

const unauthenticated = (message: string): CdpError => new CdpError('unauthenticated', message);

/**
 * Tells which app sends a request, or why it may not. The header wins over the query, the query over the body.
 * A server app proves itself by its secret (Basic) or a signature (HMAC); a public app by its key alone.
 */
export class AppAuthenticator {
  readonly #directory: AppDirectory;
  readonly #nonces: NonceStore;
  readonly #clock: Clock;

  constructor(directory: AppDirectory, nonces: NonceStore, clock: Clock) {
    this.#directory = directory;
    this.#nonces = nonces;
    this.#clock = clock;
  }

  /** Synchronous but for signed requests: it stands on the path of every event. */
  authenticate(shown: ShownCredentials): AppCredentials | Promise<AppCredentials> {
    const signature = header(shown, 'x-cdp-signature');
    if (signature !== undefined) return this.#signed(shown, signature);
    const { key, secret } = keyOf(shown);
    if (key === undefined)
      throw unauthenticated('Send the key of your app: Authorization: Basic base64(appKey:secretKey), or writeKey.');
    const app = this.#directory.find(key);
    const holds = (one: AppCredentials | undefined): boolean =>
      one !== undefined && (secret === undefined || secret === '' || one.holdsSecret(secret, this.#clock.now()));
    if (app && holds(app)) return this.#keyed(app, secret, shown);
    return this.#directory.lookAgain().then(() => {
      const now = this.#directory.find(key);
      if (!now || !holds(now)) throw unauthenticated('The key or the secret is wrong.');
      return this.#keyed(now, secret, shown);
    });
  }

  #keyed(app: AppCredentials, secret: string | undefined, shown: ShownCredentials): AppCredentials {
    if ((secret === undefined || secret === '') && app.kind !== 'public')
      throw unauthenticated('This app writes with its key and secret; a key alone is for public apps.');
    return this.admit(app, shown);
  }

  async #known(key: string): Promise<AppCredentials> {
    const known = this.#directory.find(key);
    if (!known) await this.#directory.lookAgain();
    const app = known ?? this.#directory.find(key);
    if (!app) throw unauthenticated('The key or the secret is wrong.');
    return app;
  }

  /** An app that is known to be the sender: may it send now, and from there? */
  admit(app: AppCredentials, shown: ShownCredentials): AppCredentials {
    const refusal = app.refusal(this.#clock.now());
    if (refusal === 'suspended') throw new CdpError('forbidden', 'The tenant of this app is suspended.');
    if (refusal === 'expired') throw unauthenticated('The key of this app has expired.');
    if (!app.allowsAddress(shown.ip)) throw new CdpError('forbidden', 'This app takes no requests from this address.');
    if (!app.allowsOrigin(header(shown, 'origin')))
      throw new CdpError('forbidden', 'This app takes no requests from this origin.');
    return app;
  }

  async #signed(shown: ShownCredentials, signature: string): Promise<AppCredentials> {
    const [key, timestamp, nonce] = ['x-cdp-key', 'x-cdp-timestamp', 'x-cdp-nonce'].map((name) => header(shown, name));
    if (key === undefined || timestamp === undefined || nonce === undefined || nonce.length < 8 || nonce.length > 255)
      throw unauthenticated(
        'A signed request has X-CDP-Key, X-CDP-Timestamp, X-CDP-Nonce (8 to 255 characters) and X-CDP-Signature.',
      );
    const app = await this.#known(key);
    const now = this.#clock.now();
    const sent = timeOf(timestamp);
    if (!(Math.abs(now - sent) <= WINDOW_MS))
      throw unauthenticated('X-CDP-Timestamp is more than five minutes off; look at your clock.');
    const digest = createHash('sha256').update(shown.rawBody).digest('hex');
    const message = `${timestamp}.${nonce}.${shown.method}.${shown.path}.${digest}`;
    if (!signature.startsWith('v1=') || !app.signed(message, signature.slice(3), now))
      throw unauthenticated('The signature does not fit the request.');
    // Only a genuine request may use a nonce up, else anybody could block the sender's.
    if (!(await this.#nonces.use(app.appId, nonce, 2 * WINDOW_MS)))
      throw unauthenticated('This X-CDP-Nonce was used before.');
    return this.admit(app, shown);
  }
}

/** Epoch seconds or milliseconds, or RFC 3339. */
function timeOf(text: string): number {
  if (/^\d{9,11}$/.test(text)) return Number(text) * 1_000;
  if (/^\d{12,14}$/.test(text)) return Number(text);
  return Date.parse(text);
}

function keyOf(shown: ShownCredentials): { key: string | undefined; secret: string | undefined } {
  const authorization = header(shown, 'authorization');
  if (authorization !== undefined) {
    const space = authorization.indexOf(' ');
    const scheme = authorization.slice(0, space).toLowerCase();
    const value = authorization.slice(space + 1).trim();
    if (scheme === 'basic') return split(Buffer.from(value, 'base64').toString('utf8'));
    if (scheme === 'bearer') return split(value);
    throw unauthenticated('Authorization must be Basic or Bearer.');
  }
  const writeKey = header(shown, 'x-write-key') ?? shown.writeKeys.find((key) => key !== undefined && key !== '');
  return writeKey === undefined ? { key: undefined, secret: undefined } : split(writeKey);
}

/** `key`, or `key:secret`. SDKs send their write key as the user of Basic and no password, so a pair arrives as `key:secret:`. */
function split(text: string): { key: string; secret: string | undefined } {
  const [key = '', secret] = text.split(':');
  return { key, secret };
}

function header({ headers }: ShownCredentials, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
