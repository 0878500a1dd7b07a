import { CdpError, Clock, invalid, notFound } from '@cdp/core/kernel';
import {
  type Actor,
  AppDirectory,
  abilityOf,
  type EffectiveRole,
  type Principal,
  SessionGate,
  type TenantState,
  TenantStore,
} from '@cdp/core/tenancy';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AccessSettings } from './access-settings.js';
import { AccessTokens } from './access-tokens.js';
import { type Caller, setCaller, setUser, type User } from './caller.js';
import { Cookies } from './cookies.js';
import { DECLARATION, type Declaration } from './declarations.js';
import { type HttpRequest, headerOf } from './http.js';
import { requireSameOrigin } from './same-origin.js';

type Needs = {
  action: Parameters<Caller['ability']['can']>[0];
  resource: Extract<Parameters<Caller['ability']['can']>[1], string>;
};

/** Lets a request in or not, by what its route declares; nothing is let in that declares nothing. */
@Injectable()
export class AccessGuard implements CanActivate {
  readonly #cookies: Cookies;

  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: AccessTokens,
    private readonly gate: SessionGate,
    private readonly directory: AppDirectory,
    private readonly tenants: TenantStore,
    private readonly clock: Clock,
    private readonly settings: AccessSettings,
  ) {
    this.#cookies = new Cookies(settings.publicUrl);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const declaration = this.reflector.getAllAndOverride<Declaration | undefined>(DECLARATION, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!declaration)
      throw new Error(`${context.getClass().name}.${context.getHandler().name} does not declare who may call it.`);
    if (declaration.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const user = await this.#userOf(request);
    setUser(request, user);
    if (declaration.kind === 'can') setCaller(request, await this.#inTenant(request, user, declaration));
    if (declaration.kind === 'platform') requireAbility(user.principal.account.platformAdmin);
    return true;
  }

  async #userOf(request: HttpRequest): Promise<User> {
    const principal = await this.#principalOf(request);
    const { id, email } = principal.account;
    const actor: Actor = { kind: 'user', id, email, address: request.ip, correlationId: request.id };
    const user = { principal, actor };
    this.settings.letIn(user);
    return user;
  }

  async #principalOf(request: HttpRequest): Promise<Principal> {
    const bearer = /^Bearer +(\S+)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1];
    const token = bearer ?? this.#cookies.session(request);
    if (token === undefined) throw new CdpError('unauthenticated', 'Log in first: POST /api/v1/auth/login.');
    const sessionId = await this.tokens.sessionOf(token, this.clock.now());
    if (bearer === undefined) requireSameOrigin(request, this.settings.publicUrl);
    const principal = await this.gate.principal(sessionId);
    if (!principal) throw new CdpError('unauthenticated', 'This login has ended: log in again.');
    return principal;
  }

  async #inTenant(request: HttpRequest, user: User, { action, resource }: Needs): Promise<Caller> {
    const { tenantId, role, personalData } = chosenTenant(user.principal, headerOf(request, 'x-tenant-id'));
    const ability = abilityOf(role, { personalData });
    requireAbility(ability.can(action, resource));
    const state = await this.#stateOf(tenantId);
    if (state === undefined || state === 'deleted') throw notFound('tenant');
    if (state === 'suspended' && role !== 'platform_admin' && action !== 'read')
      throw new CdpError('forbidden', 'This tenant is suspended: nothing can be changed.');
    const caller: Caller = { ...user, tenantId, role, ability };
    this.settings.letIn(caller);
    return caller;
  }

  /** The directory may not have heard yet of what another process made. */
  async #stateOf(tenantId: string): Promise<TenantState | undefined> {
    return this.directory.tenant(tenantId)?.state ?? (await this.tenants.get(tenantId))?.state;
  }
}

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

function requireAbility(able: boolean): void {
  if (!able) throw new CdpError('forbidden', 'Your role does not allow this.');
}
