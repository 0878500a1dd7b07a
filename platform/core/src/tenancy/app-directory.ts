import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Logger } from '../kernel/index.js';
import type { App } from './app.js';
import { AppCredentials, type KnownTenant } from './app-credentials.js';
import { secretPlace } from './app-secret.js';
import type { SecretBox } from './secret-box.js';
import type { TenancyFeed } from './tenancy-feed.js';
import type { Tenant } from './tenant.js';
import { resolveSettings, type TenantSettings } from './tenant-settings.js';

const REFRESH_MS = 1_000;
/** The least time between two looks that were asked for because a key or secret is not known. */
const LOOK_AGAIN_MS = 100;

export type SettingsListener = (tenantId: string, before: TenantSettings, after: TenantSettings) => void;

/**
 * Every app and tenant, in memory: what each incoming request asks. Kept fresh by the feed once a second, and at once by the
 * services of this process. When the feed cannot be read it keeps answering what it last knew.
 */
export class AppDirectory {
  readonly #feed: TenancyFeed;
  readonly #box: SecretBox;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #alone: boolean;
  readonly #apps = new Map<string, AppCredentials>();
  readonly #tenants = new Map<string, KnownTenant>();
  readonly #listeners = new Set<SettingsListener>();
  #position = 0;
  #refreshedAt = 0;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `alone`: whatever changes is changed in this process, which tells it here at once. */
  constructor(options: { feed: TenancyFeed; box: SecretBox; clock: Clock; logger: Logger; alone?: boolean }) {
    this.#feed = options.feed;
    this.#box = options.box;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#alone = options.alone ?? true;
  }

  /** Reads everything, and from then on what changes. */
  async start(): Promise<void> {
    await this.refresh();
    this.#timer = setInterval(() => {
      this.refresh().catch((error: unknown) =>
        this.#logger.warn('The directory of apps could not be refreshed', { error: String(error) }),
      );
    }, REFRESH_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  find(appKey: string): AppCredentials | undefined {
    return this.#apps.get(appKey);
  }

  /** Undefined where there is none or it is deleted. */
  tenant(tenantId: string): Readonly<KnownTenant> | undefined {
    return this.#tenants.get(tenantId);
  }

  /** The settings that hold for a tenant; those of one that is not known are the defaults. */
  settings(tenantId: string): TenantSettings {
    return this.#tenants.get(tenantId)?.settings ?? resolveSettings({});
  }

  /** Is told when the settings of a tenant become others, once they hold here. Answers how to stop that. */
  onSettings(listener: SettingsListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Epoch milliseconds of the last time that the feed was read: how old an answer may be. */
  get refreshedAt(): number {
    return this.#refreshedAt;
  }

  /** When it resolves, whatever was committed before the call is known here. */
  refresh(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#read().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    // The reading under way may have begun before the caller's change; the one after it has not.
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.refresh();
      });
    return this.#next;
  }

  /**
   * For a key or a secret that is not known: it may be so new that another process alone knows it. Resolves when what was committed
   * before the call is known, or cannot be read. However many are asked for, looks are some way apart.
   */
  async lookAgain(): Promise<void> {
    if (this.#alone) return;
    this.#again ??= wait(Math.max(0, this.#refreshedAt + LOOK_AGAIN_MS - this.#clock.now())).then(() => {
      this.#again = undefined;
      return this.refresh().catch(() => undefined);
    });
    await this.#again;
  }

  async #read(): Promise<void> {
    const now = this.#clock.now();
    const { position, tenants, apps } = await this.#feed.changes(this.#position);
    for (const tenant of tenants) this.#take(tenant);
    for (const app of apps) {
      const tenant = this.#tenants.get(app.tenantId);
      if (app.state === 'deleted' || !tenant) this.#apps.delete(app.appKey);
      else this.#apps.set(app.appKey, new AppCredentials(app, tenant, await this.#secretsOf(app)));
    }
    this.#position = position;
    this.#refreshedAt = now;
  }

  #take({ id, state, settings }: Tenant): void {
    const known = this.#tenants.get(id);
    // Credentials hold on to this object, so a suspension reaches them through it.
    if (known) {
      const before = known.settings;
      Object.assign(known, { state, settings: resolveSettings(settings) });
      if (state !== 'deleted') for (const listener of this.#listeners) listener(id, before, known.settings);
    }
    if (state === 'deleted') {
      this.#tenants.delete(id);
      for (const app of this.#apps.values()) if (app.tenantId === id) this.#apps.delete(app.appKey);
    } else if (!known) this.#tenants.set(id, { id, state, settings: resolveSettings(settings) });
  }

  async #secretsOf(app: App): Promise<{ secret: string; expiresAt: number | null }[]> {
    const secrets = [];
    for (const { id, sealed, expiresAt } of app.secrets) {
      try {
        secrets.push({ secret: await this.#box.open(app.tenantId, secretPlace(id), sealed), expiresAt });
      } catch (error) {
        // One broken secret must not keep every other app from being known.
        this.#logger.error('A secret of an app could not be opened', {
          tenantId: app.tenantId,
          appId: app.id,
          error: String(error),
        });
      }
    }
    return secrets;
  }
}
