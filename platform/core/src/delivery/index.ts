export { type PluginInfo, PluginRegistry } from './plugin-registry.js';
