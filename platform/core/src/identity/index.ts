export { type Identifier, identifierKey } from './identifier.js';
export { IdentityResolver } from './identity-resolver.js';
export { type IdentifierType, identifierTypes, usableIdentifier } from './identity-settings.js';
export { type IdentityChange, IdentityStore, type LedgerEntry, type Link, type Merge } from './identity-store.js';
export { partsOf } from './parts-of.js';
export type { Resolution, ResolveRequest } from './resolution-plan.js';
