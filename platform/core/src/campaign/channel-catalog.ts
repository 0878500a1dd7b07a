import type { Plugin } from '@cdp/plugin-kit';

/** A configuration of a channel, as far as a campaign has to know it. */
export interface ChannelRef {
  id: string;
  channel: string;
  /** Name of the plugin. */
  plugin: string;
  /** False while nothing can be sent by it. */
  enabled: boolean;
}

/** What there is to send by. Campaigns ask it; delivery, which comes after them, answers. */
export abstract class ChannelCatalog {
  abstract plugin(name: string): Plugin | undefined;
  abstract pluginsOf(channel: string): Plugin[];
  abstract channel(tenantId: string, channelId: string): Promise<ChannelRef | undefined>;
}
