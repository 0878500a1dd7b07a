import type { Plugin } from '@cdp/plugin-kit';

/** The plugins of this platform, checked when they were loaded. `PluginRegistry` is one. */
export interface LoadedPlugins {
  get(name: string): Plugin | undefined;
  all(): readonly Plugin[];
}
