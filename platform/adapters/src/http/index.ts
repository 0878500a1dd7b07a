export type { LookupAll, PrivateNetwork } from './address-guard.js';
export { GuardedHttp, type GuardedHttpOptions } from './guarded-http.js';
export { GuardedPluginHosts, type GuardedPluginHostsOptions } from './guarded-plugin-hosts.js';
export { isPublicAddress } from './public-address.js';
