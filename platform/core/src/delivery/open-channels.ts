import { type Channel, type Host, type Plugin, secretValues } from '@cdp/plugin-kit';
import { CdpError, type Logger, notFound } from '../kernel/index.js';
import type { ChannelConfiguration } from './channel-configuration.js';
import type { ChannelSecrets } from './channel-secrets.js';
import type { ChannelStore } from './channel-store.js';
import type { PluginHosts } from './plugin-hosts.js';
import type { PluginRegistry } from './plugin-registry.js';

export interface OpenChannelsDeps {
  channels: ChannelStore;
  plugins: PluginRegistry;
  secrets: ChannelSecrets;
  hosts: PluginHosts;
  logger: Logger;
}

export interface OpenedChannel {
  configuration: ChannelConfiguration;
  plugin: Plugin;
  channel: Channel;
  /** A host for one call, with its deadline (default 60 s). */
  host(options?: { timeoutMs?: number; signal?: AbortSignal }): Host;
}

interface Entry {
  version: number;
  opened: Promise<OpenedChannel>;
  users: number;
  /** No longer handed out: closed when its last user is done. */
  retired: boolean;
  abort: AbortController;
}

/** Opens a channel when it is first needed, keeps it, and closes it when its configuration changes. */
export class OpenChannels {
  readonly #deps: OpenChannelsDeps;
  readonly #entries = new Map<string, Entry>();

  constructor(deps: OpenChannelsDeps) {
    this.#deps = deps;
  }

  /**
   * Lends the channel as it is configured now; it stays open until `work` settles.
   *
   * @throws CdpError `not_found` when there is none, `conflict` or `invalid` when it cannot be opened as it is configured.
   */
  async use<T>(tenantId: string, channelId: string, work: (opened: OpenedChannel) => Promise<T>): Promise<T> {
    const configuration = await this.#deps.channels.get(tenantId, channelId);
    if (!configuration) throw notFound('channel');
    const entry = this.#entryFor(tenantId, configuration);
    entry.users++;
    try {
      return await work({ ...(await entry.opened), configuration });
    } finally {
      entry.users--;
      if (entry.retired && entry.users === 0) await this.#close(entry);
    }
  }

  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map((entry) => this.#close(entry)));
  }

  #entryFor(tenantId: string, configuration: ChannelConfiguration): Entry {
    const key = `${tenantId}/${configuration.id}`;
    const known = this.#entries.get(key);
    if (known?.version === configuration.version) return known;
    if (known) {
      known.retired = true;
      if (known.users === 0) void this.#close(known);
    }
    const abort = new AbortController();
    const opened = this.#open(tenantId, configuration, abort.signal);
    const entry: Entry = { version: configuration.version, opened, users: 0, retired: false, abort };
    this.#entries.set(key, entry);
    // One that did not open is tried again with the next message.
    opened.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry;
  }

  async #open(tenantId: string, configuration: ChannelConfiguration, life: AbortSignal): Promise<OpenedChannel> {
    const plugin = this.#deps.plugins.get(configuration.plugin);
    if (!plugin) throw new CdpError('conflict', `The plugin "${configuration.plugin}" is not loaded.`);
    const config: unknown = await this.#deps.secrets.open(tenantId, configuration.id, configuration.sealedConfig);
    const parsed = this.#deps.plugins.parseConfig(plugin.manifest.name, config);
    const secrets = secretValues(plugin.config, config);
    const hostWith = (signal: AbortSignal): Host =>
      this.#deps.hosts.hostFor({
        tenantId,
        plugin: plugin.manifest.name,
        channel: configuration.channel,
        signal,
        secrets,
      });
    const channel = await this.#deps.plugins.open(plugin.manifest.name, parsed, hostWith(life));
    return {
      configuration,
      plugin,
      channel,
      host: ({ timeoutMs = 60_000, signal } = {}) =>
        hostWith(AbortSignal.any([life, AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])])),
    };
  }

  async #close(entry: Entry): Promise<void> {
    try {
      const { channel } = await entry.opened;
      await channel.close?.();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#deps.logger.warn('A channel did not close cleanly.', { reason });
    } finally {
      entry.abort.abort();
    }
  }
}
