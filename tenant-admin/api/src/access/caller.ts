import type { Actor, CdpAbility, EffectiveRole, Principal } from '@cdp/core/tenancy';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from './http.js';

/** Somebody who is logged in. */
export interface User {
  principal: Principal;
  /** The same person, for the audit log. */
  actor: Actor;
}

/** Somebody who is logged in, in a tenant: what a handler of a route with `@Can` works for. */
export interface Caller extends User {
  tenantId: string;
  role: EffectiveRole;
  ability: CdpAbility;
}

type WithAccess = HttpRequest & { cdpUser?: User; cdpCaller?: Caller };

export const setUser = (request: HttpRequest, user: User): void => {
  (request as WithAccess).cdpUser = user;
};

export const setCaller = (request: HttpRequest, caller: Caller): void => {
  (request as WithAccess).cdpCaller = caller;
};

export const userOf = (request: HttpRequest): User | undefined => (request as WithAccess).cdpUser;

export const callerOf = (request: HttpRequest): Caller | undefined => (request as WithAccess).cdpCaller;

const requestOf = (context: ExecutionContext): HttpRequest => context.switchToHttp().getRequest<HttpRequest>();

/** The `Caller` of a route with `@Can`. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const caller = callerOf(requestOf(context));
  if (!caller) throw new Error('A handler that takes the caller is declared with @Can.');
  return caller;
});

/** The `User` of a route that is not `@Public`. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): User => {
  const user = userOf(requestOf(context));
  if (!user) throw new Error('A handler that takes the user is not declared with @Public.');
  return user;
});
