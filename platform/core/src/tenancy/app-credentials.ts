import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { AddressList } from './address-list.js';
import type { App, AppKind } from './app.js';
import { OriginList } from './origin-list.js';
import type { Tenant } from './tenant.js';
import type { Limits, TenantSettings } from './tenant-settings.js';

/** A tenant as the directory knows it: one object that is kept up to date. */
export interface KnownTenant {
  readonly id: string;
  state: Tenant['state'];
  settings: TenantSettings;
}

interface LiveSecret {
  key: string;
  digest: Buffer;
  expiresAt: number | null;
}

const digestOf = (text: string): Buffer => hash('sha256', text, 'buffer');

/** What ingest needs to know of an app to let a request in. Nothing here waits. */
export class AppCredentials {
  readonly tenant: KnownTenant;
  readonly appId: string;
  readonly appKey: string;
  readonly name: string;
  readonly kind: AppKind;
  readonly expiresAt: number | null;
  readonly #limits: Partial<Limits>;
  readonly #origins: OriginList;
  readonly #addresses: AddressList;
  readonly #secrets: LiveSecret[];

  constructor(app: App, tenant: KnownTenant, secrets: readonly { secret: string; expiresAt: number | null }[]) {
    this.tenant = tenant;
    this.appId = app.id;
    this.appKey = app.appKey;
    this.name = app.name;
    this.kind = app.kind;
    this.expiresAt = app.expiresAt;
    this.#limits = Object.fromEntries(Object.entries(app.limits).filter(([, limit]) => limit !== undefined));
    this.#origins = new OriginList(app.allowedOrigins);
    this.#addresses = new AddressList(app.allowedIps);
    this.#secrets = secrets.map(({ secret, expiresAt }) => ({ key: secret, digest: digestOf(secret), expiresAt }));
  }

  get tenantId(): string {
    return this.tenant.id;
  }

  /** Why nothing is taken from this app at `now`; undefined when it is. */
  refusal(now: number): 'suspended' | 'expired' | undefined {
    if (this.tenant.state !== 'active') return 'suspended';
    return this.expiresAt !== null && this.expiresAt <= now ? 'expired' : undefined;
  }

  /** The app's own limits, else the tenant's. */
  get limits(): Limits {
    return { ...this.tenant.settings.rates, ...this.#limits };
  }

  /** By the `Origin` header; a request without one is not bound by it. */
  allowsOrigin(origin: string | undefined): boolean {
    return origin === undefined || this.#origins.contains(origin);
  }

  allowsAddress(address: string | undefined): boolean {
    return this.#addresses.contains(address);
  }

  /** Compares digests of one length with every live secret, so that the time taken says nothing of a secret. */
  holdsSecret(presented: string, now: number): boolean {
    const digest = digestOf(presented);
    let holds = false;
    for (const secret of this.#live(now)) holds = timingSafeEqual(digest, secret.digest) || holds;
    return holds;
  }

  /** Whether `signature` is the HMAC-SHA-256 of `message` in hexadecimal under a live secret. */
  signed(message: string, signature: string, now: number): boolean {
    const given = Buffer.from(signature, 'hex');
    if (given.length !== 32 || signature.length !== 64) return false;
    let holds = false;
    for (const { key } of this.#live(now))
      holds = timingSafeEqual(given, createHmac('sha256', key).update(message).digest()) || holds;
    return holds;
  }

  #live(now: number): LiveSecret[] {
    return this.#secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
  }
}
