export { Access } from './access/access.js';
export { AccessModule } from './access/access.module.js';
export { AccessSettings } from './access/access-settings.js';
export { type Caller, CurrentCaller, CurrentUser, callerOf, type User, userOf } from './access/caller.js';
export { Can, CanOnPlatform, type Declaration, KeepsOwnRecord, LoggedIn, Public } from './access/declarations.js';
export type { HttpReply, HttpRequest } from './access/http.js';
export { PersonalView } from './access/personal-view.js';
export {
  ChangesVersion,
  entityTag,
  IfMatch,
  RequiredIfMatch,
  requireVersion,
  Versioned,
} from './requests/entity-tag.js';
export { instantSchema, iso, isoOrNull, timeSchema } from './requests/instant.js';
export { type PageQuery, pageQuerySchema, pageSchema, showPage } from './requests/page-query.js';
export { tenancyProviders } from './tenancy-providers.js';
export { TenantAdminModule } from './tenant-admin.module.js';
