import { maskSecrets, type Plugin, type TestResult, unmaskSecrets } from '@cdp/plugin-kit';
import { type CampaignStore, ChannelCatalog, type ChannelRef, deliveryQueue, laneJob } from '../campaign/index.js';
import {
  type CdpError,
  type Clock,
  conflict,
  type Ids,
  invalid,
  type JsonObject,
  notFound,
  type Page,
  type PageRequest,
} from '../kernel/index.js';
import type { WorkQueue } from '../work/index.js';
import type { ChannelConfiguration, ChannelPatch, ChannelView, NewChannel } from './channel-configuration.js';
import type { ChannelSecrets } from './channel-secrets.js';
import type { ChannelStore } from './channel-store.js';
import type { OpenChannels } from './open-channels.js';
import type { PluginInfo, PluginRegistry } from './plugin-registry.js';

export interface ChannelServiceDeps {
  channels: ChannelStore;
  campaigns: CampaignStore;
  plugins: PluginRegistry;
  secrets: ChannelSecrets;
  open: OpenChannels;
  work: WorkQueue;
  clock: Clock;
  ids: Ids;
}

/** Answers what campaigns ask about channels. Apart from the service, because the service itself asks about campaigns. */
export class ChannelDirectory extends ChannelCatalog {
  readonly #plugins: PluginRegistry;
  readonly #channels: ChannelStore;

  constructor(plugins: PluginRegistry, channels: ChannelStore) {
    super();
    this.#plugins = plugins;
    this.#channels = channels;
  }

  override plugin(name: string): Plugin | undefined {
    return this.#plugins.get(name);
  }

  override pluginsOf(channel: string): Plugin[] {
    return this.#plugins.forChannel(channel);
  }

  override async channel(tenantId: string, channelId: string): Promise<ChannelRef | undefined> {
    const found = await this.#channels.get(tenantId, channelId);
    return found && { id: found.id, channel: found.channel, plugin: found.plugin, enabled: found.state === 'enabled' };
  }
}

export class ChannelService {
  readonly #deps: ChannelServiceDeps;

  constructor(deps: ChannelServiceDeps) {
    this.#deps = deps;
  }

  plugins(): readonly PluginInfo[] {
    return this.#deps.plugins.list();
  }

  async create(tenantId: string, input: NewChannel): Promise<ChannelView> {
    const plugin = this.#pluginFor(input.channel, input.plugin);
    const config = this.#checked(plugin, input.config);
    const id = this.#deps.ids.next();
    const now = this.#deps.clock.now();
    const channel: ChannelConfiguration = {
      id,
      channel: plugin.manifest.channel,
      plugin: plugin.manifest.name,
      name: input.name,
      sealedConfig: await this.#deps.secrets.seal(tenantId, id, config),
      state: 'enabled',
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    await this.#deps.channels.insert(tenantId, channel);
    return this.#view(tenantId, channel);
  }

  async get(tenantId: string, id: string): Promise<ChannelView> {
    return this.#view(tenantId, await this.#found(tenantId, id));
  }

  async list(tenantId: string, page: PageRequest): Promise<Page<ChannelView>> {
    const { items, nextCursor } = await this.#deps.channels.list(tenantId, page);
    return { items: await Promise.all(items.map((one) => this.#view(tenantId, one))), nextCursor };
  }

  async update(tenantId: string, id: string, patch: ChannelPatch, expectedVersion?: number): Promise<ChannelView> {
    const known = await this.#found(tenantId, id);
    if (expectedVersion !== undefined && known.version !== expectedVersion) throw changed();
    const now = this.#deps.clock.now();
    const next: ChannelConfiguration = {
      ...known,
      name: patch.name ?? known.name,
      version: known.version + 1,
      updatedAt: now,
    };
    if (patch.config !== undefined) {
      const plugin = this.#plugin(known);
      const stored = await this.#deps.secrets.open(tenantId, id, known.sealedConfig);
      const config = this.#checked(plugin, unmaskSecrets(plugin.config, patch.config, stored) as JsonObject);
      next.sealedConfig = await this.#deps.secrets.seal(tenantId, id, config);
      next.failingSince = undefined;
    }
    if (patch.state !== undefined) {
      next.state = patch.state;
      next.disabledReason = patch.state === 'disabled' ? 'Disabled by a person.' : undefined;
      if (patch.state === 'enabled') next.failingSince = undefined;
    }
    if (!(await this.#deps.channels.replace(tenantId, next, known.version))) throw changed();
    if (next.state === 'enabled') await this.#deps.work.add(deliveryQueue(next.channel), laneJob(tenantId, id));
    return this.#view(tenantId, next);
  }

  async delete(tenantId: string, id: string): Promise<void> {
    await this.#found(tenantId, id);
    const users = await this.#deps.campaigns.using(tenantId, { channelId: id });
    if (users.length > 0) throw conflict(`Campaigns use this channel: ${users.join(', ')}.`);
    await this.#deps.channels.delete(tenantId, id);
  }

  /** Tries the configuration without sending anything to a person. */
  async test(tenantId: string, id: string): Promise<TestResult> {
    await this.#found(tenantId, id);
    return this.#deps.open.use(tenantId, id, async ({ channel, host }) =>
      channel.test ? channel.test(host()) : { ok: true, detail: 'This channel has nothing to test.' },
    );
  }

  async #view(tenantId: string, channel: ChannelConfiguration): Promise<ChannelView> {
    const { sealedConfig, ...shown } = channel;
    const config = await this.#deps.secrets.open(tenantId, channel.id, sealedConfig);
    const plugin = this.#deps.plugins.get(channel.plugin);
    // Without its plugin nobody can tell which of the values are secret.
    return { ...shown, config: plugin ? (maskSecrets(plugin.config, config) as JsonObject) : {} };
  }

  async #found(tenantId: string, id: string): Promise<ChannelConfiguration> {
    const channel = await this.#deps.channels.get(tenantId, id);
    if (!channel) throw notFound('channel');
    return channel;
  }

  #plugin(channel: ChannelConfiguration): Plugin {
    const plugin = this.#deps.plugins.get(channel.plugin);
    if (!plugin) throw conflict(`The plugin "${channel.plugin}" of this channel is not loaded.`);
    return plugin;
  }

  #pluginFor(channel: string, name: string | undefined): Plugin {
    const all = this.#deps.plugins.forChannel(channel);
    const names = all.map((one) => one.manifest.name).join(', ');
    if (all.length === 0) throw invalid('channel', `No plugin serves the channel "${channel}".`);
    if (name === undefined && all.length > 1) throw invalid('plugin', `Name one of ${names}.`);
    const found = name === undefined ? all[0] : all.find((one) => one.manifest.name === name);
    if (!found) throw invalid('plugin', `The channel "${channel}" has: ${names}.`);
    return found;
  }

  /** What is stored is what was entered: defaults are the plugin's, and may change with its version. */
  #checked(plugin: Plugin, config: JsonObject): JsonObject {
    this.#deps.plugins.parseConfig(plugin.manifest.name, config);
    return config;
  }
}

const changed = (): CdpError => conflict('The channel was changed meanwhile: read it again.');
