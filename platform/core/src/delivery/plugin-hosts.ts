import type { Host } from '@cdp/plugin-kit';

export interface HostCall {
  tenantId: string;
  /** Name of the plugin. */
  plugin: string;
  /** What its messages go by: the channel of the configuration. */
  channel: string;
  /** Ends the call, or the channel's life for the host that `open` gets. */
  signal: AbortSignal;
  /** The secrets of the configuration: taken out of whatever the plugin logs. */
  secrets?: readonly string[] | undefined;
}

/** Makes what plugins are handed: their only door to the world outside, to the clock, the log and the disk. */
export abstract class PluginHosts {
  /** Cheap: made anew for each call. Hosts of different tenants or plugins share no directory. */
  abstract hostFor(call: HostCall): Host;
}
