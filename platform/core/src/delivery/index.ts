export { type HostCall, PluginHosts } from './plugin-hosts.js';
export { type PluginInfo, PluginRegistry } from './plugin-registry.js';
