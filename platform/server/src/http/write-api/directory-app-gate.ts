import { hash } from 'node:crypto';
import type { NonceStore } from '@cdp/core/ingest';
import { CdpError, type Clock } from '@cdp/core/kernel';
import type { AppCredentials, AppDirectory } from '@cdp/core/tenancy';
import { type AdmittedApp, AppGate, type Presented, type Purpose, type RequestSignature } from './app-gate.js';

/** How far the time of a signature may be from ours, before or after. */
const SIGNATURE_WINDOW_MS = 300_000;
const MAX_NONCE = 128;

type Refusal = ReturnType<AppCredentials['refusal']>;

const unauthenticated = (message: string): CdpError => new CdpError('unauthenticated', message);
const forbidden = (message: string): CdpError => new CdpError('forbidden', message);

/** Lets apps in by the directory in memory; only a signed request waits, for its nonce to be kept. */
export class DirectoryAppGate extends AppGate {
  readonly #directory: AppDirectory;
  readonly #nonces: NonceStore;
  readonly #clock: Clock;

  constructor(directory: AppDirectory, nonces: NonceStore, clock: Clock) {
    super();
    this.#directory = directory;
    this.#nonces = nonces;
    this.#clock = clock;
  }

  override admit(presented: Presented, purpose: Purpose): AdmittedApp | Promise<AdmittedApp> {
    const now = this.#clock.now();
    const app = this.#directory.find(presented.appKey);
    if (!app) throw unauthenticated('The app key is not known.');
    const refusal = app.refusal(now);
    if (refusal === 'expired') throw unauthenticated('The app key has expired.');
    if (!app.allowsAddress(presented.ip)) throw forbidden('The app may not be used from this address.');
    if (!app.allowsOrigin(presented.origin)) throw forbidden('The app may not be used from this origin.');
    if (presented.signature) return this.#admitSigned(app, presented.signature, refusal, now);
    if (presented.secret !== undefined) {
      if (!app.holdsSecret(presented.secret, now)) throw unauthenticated('The secret of the app is wrong.');
    } else if (app.kind === 'server' || purpose === 'read')
      throw unauthenticated('This needs the secret of the app: as Basic credentials `key:secret`, or a signature.');
    return admitted(app, refusal);
  }

  override find(appKey: string): AdmittedApp | undefined {
    const app = this.#directory.find(appKey);
    return app && app.refusal(this.#clock.now()) === undefined ? admitted(app, undefined) : undefined;
  }

  async #admitSigned(
    app: AppCredentials,
    signature: RequestSignature,
    refusal: Refusal,
    now: number,
  ): Promise<AdmittedApp> {
    const { timestamp, nonce, value, method, path, body } = signature;
    if (nonce.length > MAX_NONCE) throw unauthenticated(`X-CDP-Nonce may have ${MAX_NONCE} characters.`);
    const at = epochMs(timestamp);
    if (at === undefined || Math.abs(now - at) > SIGNATURE_WINDOW_MS)
      throw unauthenticated('X-CDP-Timestamp is more than five minutes from the time here. Is the clock right?');
    const message = `${timestamp}.${nonce}.${method}.${path}.${hash('sha256', body, 'hex')}`;
    const hex = /^v1=([0-9a-f]{64})$/i.exec(value)?.[1];
    if (hex === undefined || !app.signed(message, hex, now))
      throw unauthenticated('X-CDP-Signature does not fit the request.');
    if (!(await this.#nonces.claim(app.tenantId, app.appId, nonce, now)))
      throw unauthenticated('X-CDP-Nonce was used before: sign every request anew.');
    return admitted(app, refusal);
  }
}

/** Only who proved to be the app is told that its tenant is suspended. */
function admitted(app: AppCredentials, refusal: Refusal): AdmittedApp {
  if (refusal !== undefined) throw forbidden('The tenant is suspended: nothing is taken in.');
  const { eventsPerSecond, eventsPerDay } = app.limits;
  return {
    tenantId: app.tenantId,
    id: app.appId,
    name: app.name,
    kind: app.kind,
    eventsPerSecond: eventsPerSecond ?? undefined,
    eventsPerDay: eventsPerDay ?? undefined,
  };
}

/** Seconds or milliseconds since the epoch, or RFC 3339. */
function epochMs(timestamp: string): number | undefined {
  if (/^\d{9,11}$/.test(timestamp)) return Number(timestamp) * 1_000;
  if (/^\d{12,14}$/.test(timestamp)) return Number(timestamp);
  const parsed = Date.parse(timestamp);
  return Number.isNaN(parsed) ? undefined : parsed;
}
