import { conflict, type Logger, notFound, type Page, type PageRequest } from '../kernel/index.js';
import type { Member } from './account.js';
import type { Actor } from './actor.js';
import { PLATFORM_TENANT } from './audit-log.js';
import type { TenancyParts } from './tenancy-parts.js';
import type { Tenant } from './tenant.js';
import type { TenantEraser } from './tenant-eraser.js';
import type { TenantSettingsPatch } from './tenant-settings.js';
import type { UserService } from './user-service.js';

export interface NewTenant {
  name: string;
  owner: { email: string; name?: string | undefined };
}

export interface CreatedTenant {
  tenant: Tenant;
  owner: Member;
  /** Null when the owner had an account already. */
  temporaryPassword: string | null;
}

export interface TenantChange {
  name?: string | undefined;
  state?: 'active' | 'suspended' | undefined;
  settings?: TenantSettingsPatch | undefined;
}

type Parts = Pick<TenancyParts, 'unit' | 'tenants' | 'trail' | 'box' | 'directory' | 'gate' | 'ids' | 'clock'> & {
  users: UserService;
  erasers: readonly TenantEraser[];
  logger: Logger;
  /** No other process writes for the tenants. */
  alone: boolean;
};

export class TenantService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async create(input: NewTenant, actor: Actor): Promise<CreatedTenant> {
    const { box, clock, directory, gate, ids, tenants, trail, unit, users } = this.#parts;
    const id = ids.next();
    await box.prepare(id);
    const account = await users.account(input.owner.email, input.owner.name);
    const now = clock.now();
    const tenant: Tenant = {
      id,
      name: input.name,
      state: 'active',
      settings: {},
      version: 1,
      createdAt: now,
      updatedAt: now,
      erasedAt: null,
    };
    const owner = await unit.run(async () => {
      await tenants.insert(tenant);
      await trail.record(id, actor, { action: 'create', resource: 'Tenant', resourceId: id, after: tenant });
      return users.join(id, account, { role: 'owner' }, actor);
    });
    await directory.refresh();
    gate.forget();
    return { tenant, owner, temporaryPassword: account.temporaryPassword };
  }

  async get(tenantId: string): Promise<Tenant> {
    const tenant = await this.#parts.tenants.get(tenantId);
    if (!tenant || tenant.state === 'deleted') throw notFound('tenant');
    return tenant;
  }

  list(page: PageRequest): Promise<Page<Tenant>> {
    return this.#parts.tenants.list(page);
  }

  async update(tenantId: string, change: TenantChange, actor: Actor, expectedVersion?: number): Promise<Tenant> {
    return this.#replace(tenantId, 'update', actor, expectedVersion, (before) => ({
      ...before,
      name: change.name ?? before.name,
      state: change.state ?? before.state,
      settings: { ...before.settings, ...change.settings },
    }));
  }

  /**
   * Nobody can use the tenant from now on. What it held is removed here, and by `eraseDeleted` if that fails; where other processes
   * may still be writing for it, by `eraseDeleted` alone.
   */
  async remove(tenantId: string, actor: Actor): Promise<void> {
    await this.#replace(tenantId, 'delete', actor, undefined, (before) => ({ ...before, state: 'deleted' }));
    if (this.#parts.alone) await this.#erase(tenantId);
  }

  /**
   * Finishes the erasure of every tenant that was deleted, so many milliseconds ago or more; a store that fails is named in the log and
   * tried at the next call.
   */
  async eraseDeleted(olderThanMs = 0): Promise<void> {
    const { tenants, clock } = this.#parts;
    for (const { id, updatedAt } of await tenants.unerased())
      if (clock.now() - updatedAt >= olderThanMs) await this.#erase(id);
  }

  async #erase(tenantId: string): Promise<void> {
    const { box, clock, erasers, logger, tenants, trail, unit } = this.#parts;
    await box.destroy(tenantId);
    for (const eraser of erasers) {
      try {
        await eraser.erase(tenantId);
      } catch (error) {
        logger.error('A store could not be erased of a deleted tenant', {
          tenantId,
          store: eraser.name,
          error: String(error),
        });
        return;
      }
    }
    await unit.run(async () => {
      const tenant = await tenants.get(tenantId);
      if (!tenant || tenant.erasedAt !== null) return;
      const erasedAt = clock.now();
      await tenants.replace({ ...tenant, settings: {}, erasedAt, version: tenant.version + 1 }, tenant.version);
      await trail.record(
        PLATFORM_TENANT,
        { kind: 'platform', id: 'eraser' },
        {
          action: 'erase',
          resource: 'Tenant',
          resourceId: tenantId,
          after: { stores: erasers.map(({ name }) => name) },
        },
      );
    });
  }

  async #replace(
    tenantId: string,
    action: string,
    actor: Actor,
    expectedVersion: number | undefined,
    change: (before: Tenant) => Tenant,
  ): Promise<Tenant> {
    const { clock, directory, gate, tenants, trail, unit } = this.#parts;
    const after = await unit.run(async () => {
      const before = await this.get(tenantId);
      const changed = { ...change(before), version: before.version + 1, updatedAt: clock.now() };
      if (!(await tenants.replace(changed, expectedVersion ?? before.version)))
        throw conflict('The tenant was changed at the same time: read it again.');
      // What is said of a deletion outlives the tenant's own log.
      const log = changed.state === 'deleted' ? PLATFORM_TENANT : tenantId;
      await trail.record(log, actor, { action, resource: 'Tenant', resourceId: tenantId, before, after: changed });
      return changed;
    });
    await directory.refresh();
    gate.forget();
    return after;
  }
}
