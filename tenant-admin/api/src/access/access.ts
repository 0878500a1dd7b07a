import { CdpError, type Clock, invalid, notFound } from '@cdp/core/kernel';
import {
  type Actor,
  type AppDirectory,
  abilityOf,
  type EffectiveRole,
  type Principal,
  type SessionGate,
  type Tenancy,
  type TenantState,
  type TenantStore,
} from '@cdp/core/tenancy';
import type { AccessSettings } from './access-settings.js';
import { AccessTokens } from './access-tokens.js';
import { type Caller, setCaller, setUser, type User } from './caller.js';
import { Cookies } from './cookies.js';
import type { Declaration } from './declarations.js';
import { type HttpRequest, headerOf } from './http.js';
import { requireSameOrigin } from './same-origin.js';

type Needs = Extract<Declaration, { kind: 'can' }>;

/**
 * Lets a request in or not, by what its route declares: for controllers through the guard, for routes beside the framework by
 * a call. Who was let in is on the request from then on. Sessions are asked of the gate, so that a revoked one is out at once
 * in this process and within two seconds in others; roles, settings and the state of a tenant change in step with it.
 */
export class Access {
  readonly tokens: AccessTokens;
  readonly settings: AccessSettings;
  readonly #gate: SessionGate;
  readonly #directory: AppDirectory;
  readonly #tenants: TenantStore;
  readonly #clock: Clock;
  readonly #cookies: Cookies;

  constructor({ masters, gate, directory, stores }: Tenancy, settings: AccessSettings, clock: Clock) {
    this.tokens = new AccessTokens(masters);
    this.settings = settings;
    this.#gate = gate;
    this.#directory = directory;
    this.#tenants = stores.tenants;
    this.#clock = clock;
    this.#cookies = new Cookies(settings.publicUrl);
  }

  /** Throws `unauthenticated`, `forbidden`, or `invalid` where the tenant has to be named. */
  async admit(request: HttpRequest, declaration: Declaration): Promise<void> {
    if (declaration.kind === 'public') return;
    if (declaration.kind === 'can') {
      await this.admitTo(request, declaration);
      return;
    }
    const user = await this.#userOf(request);
    if (declaration.kind === 'platform') requireAbility(user.principal.account.platformAdmin);
  }

  /** The same for a route of a tenant; answers the caller. */
  async admitTo(request: HttpRequest, { action, resource }: Omit<Needs, 'kind'>): Promise<Caller> {
    const user = await this.#userOf(request);
    const { tenantId, role, personalData } = chosenTenant(user.principal, headerOf(request, 'x-tenant-id'));
    const ability = abilityOf(role, { personalData });
    requireAbility(ability.can(action, resource));
    const state = this.#directory.tenant(tenantId)?.state ?? (await this.#stateOf(tenantId));
    if (state === undefined || state === 'deleted') throw notFound('tenant');
    if (state === 'suspended' && role !== 'platform_admin' && action !== 'read')
      throw new CdpError('forbidden', 'This tenant is suspended: nothing can be changed.');
    const caller: Caller = { ...user, tenantId, role, ability };
    this.settings.letIn(caller);
    setCaller(request, caller);
    return caller;
  }

  async #userOf(request: HttpRequest): Promise<User> {
    const known = this.#principalOf(request);
    const principal = known instanceof Promise ? await known : known;
    const { id, email } = principal.account;
    const actor: Actor = { kind: 'user', id, email, address: request.ip, correlationId: request.id };
    const user = { principal, actor };
    this.settings.letIn(user);
    setUser(request, user);
    return user;
  }

  /** At once where token and session are known, as they are for all but the first request in a while. */
  #principalOf(request: HttpRequest): Principal | Promise<Principal> {
    const bearer = bearerOf(headerOf(request, 'authorization'));
    const token = bearer ?? this.#cookies.session(request);
    if (token === undefined) throw new CdpError('unauthenticated', 'Log in first: POST /api/v1/auth/login.');
    const sessionOf = (sessionId: string): Principal | Promise<Principal> => {
      if (bearer === undefined) requireSameOrigin(request, this.settings.publicUrl);
      const principal = this.#gate.principal(sessionId);
      return principal instanceof Promise ? principal.then(requireLive) : requireLive(principal);
    };
    const sessionId = this.tokens.sessionOf(token, this.#clock.now());
    return sessionId instanceof Promise ? sessionId.then(sessionOf) : sessionOf(sessionId);
  }

  /** The directory may not have heard yet of what another process made. */
  async #stateOf(tenantId: string): Promise<TenantState | undefined> {
    return (await this.#tenants.get(tenantId))?.state;
  }
}

const bearerOf = (authorization: string | undefined): string | undefined =>
  authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization)?.[1];

function chosenTenant(
  { account, memberships }: Principal,
  header: string | undefined,
): { tenantId: string; role: EffectiveRole; personalData: boolean } {
  const membership = header === undefined ? memberships[0] : memberships.find(({ tenantId }) => tenantId === header);
  if (header === undefined && (memberships.length > 1 || !membership))
    throw invalid('X-Tenant-Id', 'Name the tenant in the header X-Tenant-Id.');
  if (account.platformAdmin)
    return {
      tenantId: header ?? (membership as { tenantId: string }).tenantId,
      role: 'platform_admin',
      personalData: true,
    };
  if (!membership) throw new CdpError('forbidden', 'You are not a user of this tenant.');
  return membership;
}

function requireLive(principal: Principal | undefined): Principal {
  if (!principal) throw new CdpError('unauthenticated', 'This login has ended: log in again.');
  return principal;
}

function requireAbility(able: boolean): void {
  if (!able) throw new CdpError('forbidden', 'Your role does not allow this.');
}
