import type { Action, Resource } from '@cdp/core/tenancy';
import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader } from '@nestjs/swagger';

/** Who may call a route. */
export type Declaration =
  | { kind: 'public' }
  | { kind: 'user' }
  | { kind: 'can'; action: Action; resource: Resource }
  | { kind: 'platform'; action: Action; resource: Resource };

export const DECLARATION = 'cdp:access';
export const OWN_RECORD = 'cdp:own-record';

const declare = (declaration: Declaration) => SetMetadata(DECLARATION, declaration);

/** Anyone, without a login. */
export const Public = () => declare({ kind: 'public' });

/** Anyone who is logged in; no tenant is chosen. */
export const LoggedIn = () => applyDecorators(declare({ kind: 'user' }), ApiBearerAuth('login'));

/** Those whose role in the tenant may do `action` to `resource`. The handler takes `@CurrentCaller()`. */
export const Can = (action: Action, resource: Resource) =>
  applyDecorators(
    declare({ kind: 'can', action, resource }),
    ApiBearerAuth('login'),
    ApiHeader({
      name: 'X-Tenant-Id',
      required: false,
      description: 'The tenant, for a platform admin and for a user of several.',
    }),
  );

/** Platform admins; no tenant is chosen. */
export const CanOnPlatform = (action: Action, resource: Resource) =>
  applyDecorators(declare({ kind: 'platform', action, resource }), ApiBearerAuth('login'));

/** The service behind the route writes the audit log itself, with what was before and after. */
export const KeepsOwnRecord = () => SetMetadata(OWN_RECORD, true);
