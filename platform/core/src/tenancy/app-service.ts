import { conflict, notFound, type Page, type PageRequest } from '../kernel/index.js';
import type { Actor } from './actor.js';
import type { App, AppKind, AppLimits, AppSecret } from './app.js';
import { newAppKey, newSecretKey, secretPlace } from './app-secret.js';
import type { TenancyParts } from './tenancy-parts.js';

/** How many secrets of an app may live at once: the new one, and the one that clients are moving away from. */
const LIVE_SECRETS = 2;

export interface NewApp {
  name: string;
  kind: AppKind;
  allowedOrigins?: string[] | undefined;
  allowedIps?: string[] | undefined;
  /** Epoch milliseconds. */
  expiresAt?: number | null | undefined;
  limits?: AppLimits | undefined;
}

export type AppChange = { [Name in Exclude<keyof NewApp, 'kind'>]?: NewApp[Name] | undefined };

export interface CreatedApp {
  app: App;
  /** In clear, this once. */
  secretKey: string;
}

type Parts = Pick<TenancyParts, 'unit' | 'apps' | 'trail' | 'box' | 'directory' | 'ids' | 'clock'>;

/** The apps of a tenant and their keys. A change counts at once in this process, and within two seconds in others. */
export class AppService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async create(tenantId: string, input: NewApp, actor: Actor): Promise<CreatedApp> {
    const { apps, box, clock, directory, ids, trail, unit } = this.#parts;
    await box.prepare(tenantId);
    const { secret, secretKey } = await this.#newSecret(tenantId);
    const now = clock.now();
    const app: App = {
      tenantId,
      id: ids.next(),
      appKey: newAppKey(),
      name: input.name,
      kind: input.kind,
      allowedOrigins: input.allowedOrigins ?? [],
      allowedIps: input.allowedIps ?? [],
      expiresAt: input.expiresAt ?? null,
      limits: input.limits ?? {},
      state: 'active',
      secrets: [secret],
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    await unit.run(async () => {
      await apps.insert(tenantId, app);
      await trail.record(tenantId, actor, {
        action: 'create',
        resource: 'App',
        resourceId: app.id,
        after: described(app),
      });
    });
    await directory.refresh();
    return { app, secretKey };
  }

  async get(tenantId: string, appId: string): Promise<App> {
    const app = await this.#parts.apps.get(tenantId, appId);
    if (!app) throw notFound('app');
    return app;
  }

  list(tenantId: string, page: PageRequest): Promise<Page<App>> {
    return this.#parts.apps.list(tenantId, page);
  }

  update(tenantId: string, appId: string, change: AppChange, actor: Actor, expectedVersion?: number): Promise<App> {
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    return this.#replace(tenantId, appId, 'update', actor, expectedVersion, (before) => ({ ...before, ...given }));
  }

  /**
   * A further secret. The one before stays good for `previousValidForMs`, so that clients can be moved over; an older one ends at
   * once. With 0 the one before ends at once too, as after a leak.
   */
  async rotate(tenantId: string, appId: string, previousValidForMs: number | null, actor: Actor): Promise<CreatedApp> {
    const { secret, secretKey } = await this.#newSecret(tenantId);
    const app = await this.#replace(tenantId, appId, 'rotate', actor, undefined, (before) => ({
      ...before,
      secrets: [...this.#ending(before.secrets, previousValidForMs), secret],
    }));
    return { app, secretKey };
  }

  async remove(tenantId: string, appId: string, actor: Actor): Promise<void> {
    await this.#replace(tenantId, appId, 'delete', actor, undefined, (before) => ({
      ...before,
      state: 'deleted',
      secrets: [],
    }));
  }

  /** The secrets that stay beside a new one. */
  #ending(secrets: readonly AppSecret[], validForMs: number | null): AppSecret[] {
    if (validForMs === 0) return [];
    const now = this.#parts.clock.now();
    const live = secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now).slice(1 - LIVE_SECRETS);
    return live.map((secret) => ({
      ...secret,
      expiresAt: earlier(secret.expiresAt, validForMs === null ? null : now + validForMs),
    }));
  }

  async #newSecret(tenantId: string): Promise<{ secret: AppSecret; secretKey: string }> {
    const { box, clock, ids } = this.#parts;
    const secretKey = newSecretKey();
    const id = ids.next();
    const sealed = await box.seal(tenantId, secretPlace(id), secretKey);
    return { secret: { id, sealed, createdAt: clock.now(), expiresAt: null }, secretKey };
  }

  async #replace(
    tenantId: string,
    appId: string,
    action: string,
    actor: Actor,
    expectedVersion: number | undefined,
    change: (before: App) => App,
  ): Promise<App> {
    const { apps, clock, directory, trail, unit } = this.#parts;
    const after = await unit.run(async () => {
      const before = await this.get(tenantId, appId);
      const changed = { ...change(before), version: before.version + 1, updatedAt: clock.now() };
      if (!(await apps.replace(tenantId, changed, expectedVersion ?? before.version)))
        throw conflict('The app was changed at the same time: read it again.');
      await trail.record(tenantId, actor, {
        action,
        resource: 'App',
        resourceId: appId,
        before: described(before),
        after: described(changed),
      });
      return changed;
    });
    await directory.refresh();
    return after;
  }
}

const earlier = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);

/** For the audit log: of the secrets only that they are. */
const described = ({ secrets, ...app }: App): object => ({
  ...app,
  keys: secrets.map(({ id, createdAt, expiresAt }) => ({ id, createdAt, expiresAt })),
});
