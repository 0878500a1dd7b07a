import {
  type Capabilities,
  type Channel,
  contentFields,
  type Host,
  type JsonSchema,
  KIT_VERSION,
  manifestSchema,
  type Plugin,
  satisfiesKit,
  toJsonSchema,
} from '@cdp/plugin-kit';
import { CdpError, notFound } from '../kernel/index.js';

/** A plugin as it is shown to clients: enough to draw a form and an editor by. */
export interface PluginInfo {
  channel: string;
  name: string;
  version: string;
  displayName: string;
  icon?: string;
  docs?: string;
  capabilities: Capabilities;
  /** JSON Schema of a configuration; what is marked `secret` in it is masked in answers. */
  configSchema: JsonSchema;
  /** JSON Schema of a template's content; what is marked `template` in it is rendered. */
  contentSchema: JsonSchema;
}

/**
 * The plugins of this installation, checked before anything runs. A plugin that does not fit stops the start: better than finding out
 * with the first message.
 */
export class PluginRegistry {
  readonly #plugins = new Map<string, Plugin>();
  readonly #infos: PluginInfo[] = [];

  /** @throws Error that names the plugin and what is wrong with it. */
  constructor(plugins: readonly Plugin[]) {
    for (const [position, plugin] of plugins.entries()) {
      const name = nameOf(plugin, position);
      if (this.#plugins.has(name)) throw unfit(name, 'another plugin has this name.');
      this.#infos.push(inspect(name, plugin));
      this.#plugins.set(name, plugin);
    }
    this.#infos.sort((a, b) => (a.channel + a.name < b.channel + b.name ? -1 : 1));
  }

  /** By channel and name. */
  list(): readonly PluginInfo[] {
    return this.#infos;
  }

  get(name: string): Plugin | undefined {
    return this.#plugins.get(name);
  }

  /** The channels that its plugins serve, each once. */
  channels(): string[] {
    return [...new Set(this.#infos.map((info) => info.channel))];
  }

  /** The plugins that serve a channel, such as `email`. */
  forChannel(channel: string): Plugin[] {
    return this.#infos.filter((info) => info.channel === channel).map((info) => this.#plugins.get(info.name) as Plugin);
  }

  /**
   * Checks what a tenant entered and fills in defaults.
   *
   * @throws CdpError `invalid` with the path of each mistake below `config`; `not_found` when there is no such plugin.
   */
  parseConfig(name: string, config: unknown): unknown {
    const result = this.#require(name).config.safeParse(config);
    if (result.success) return result.data;
    const errors = result.error.issues.map((issue) => ({
      path: ['config', ...issue.path].join('.'),
      message: issue.message,
    }));
    throw new CdpError(
      'invalid',
      `The configuration does not fit the plugin ${name}: ${errors[0]?.path}: ${errors[0]?.message}`,
      {
        errors,
      },
    );
  }

  /**
   * Opens a channel of a configuration that {@link parseConfig} gave back.
   *
   * @throws CdpError `invalid` when the plugin says that this configuration cannot work here.
   * @throws Error when the plugin does not keep what its manifest promises.
   */
  async open(name: string, config: unknown, host: Host): Promise<Channel> {
    const plugin = this.#require(name);
    let channel: Channel;
    try {
      channel = await plugin.open(config, host);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new CdpError('invalid', message, { errors: [{ path: 'config', message }], cause: error });
    }
    const broken = brokenPromise(plugin, channel);
    if (broken === undefined) return channel;
    await channel.close?.();
    throw unfit(name, broken);
  }

  #require(name: string): Plugin {
    const plugin = this.#plugins.get(name);
    if (!plugin) throw notFound(`plugin ${name}`);
    return plugin;
  }
}

const unfit = (name: string, reason: string): Error => new Error(`The plugin ${name} cannot be loaded: ${reason}`);

/** A plugin may come from anywhere: nothing about it is taken for granted until it is checked. */
function nameOf(plugin: Plugin, position: number): string {
  const name: unknown = (plugin as Partial<Plugin> | undefined)?.manifest?.name;
  return typeof name === 'string' && name !== '' ? name : `number ${position + 1}`;
}

function inspect(name: string, plugin: Plugin): PluginInfo {
  const parsed = manifestSchema.safeParse((plugin as Partial<Plugin> | undefined)?.manifest);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw unfit(name, `manifest.${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { channel, version, displayName, icon, docs, capabilities, kit } = parsed.data;
  if (!satisfiesKit(kit)) throw unfit(name, `it needs the plugin kit ${kit}, and this platform has ${KIT_VERSION}.`);
  if (typeof plugin.open !== 'function') throw unfit(name, 'it has no function open.');
  const configSchema = convert(name, 'config', plugin);
  if (!isObjectSchema(configSchema)) throw unfit(name, 'its config schema is not an object, nor a union of objects.');
  const contentSchema = convert(name, 'content', plugin);
  if (contentSchema.type !== 'object') throw unfit(name, 'its content schema is not an object.');
  const wrong = wrongTemplate(plugin);
  if (wrong !== undefined) throw unfit(name, wrong);
  return {
    channel,
    name,
    version,
    displayName,
    ...(icon !== undefined && { icon }),
    ...(docs !== undefined && { docs }),
    capabilities,
    configSchema,
    contentSchema,
  };
}

function convert(name: string, part: 'config' | 'content', plugin: Plugin): JsonSchema {
  try {
    return toJsonSchema(plugin[part]);
  } catch (error) {
    throw unfit(
      name,
      `its ${part} schema has no JSON Schema: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

const isObjectSchema = (schema: JsonSchema): boolean =>
  schema.type === 'object' || [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].some(isObjectSchema);

function wrongTemplate(plugin: Plugin): string | undefined {
  const fields = contentFields(plugin.content);
  const known = new Set(fields.map((field) => field.name));
  for (const { name, template } of fields) {
    for (const key of ['into', 'plainTextOf'] as const) {
      const target = template?.[key];
      if (target !== undefined && !known.has(target))
        return `content.${name}: ${key} names ${target}, which is no field of the content.`;
    }
  }
  return undefined;
}

function brokenPromise(plugin: Plugin, channel: Channel): string | undefined {
  if (typeof channel?.send !== 'function') return 'what it opened has no function send.';
  const missing = (['verifyCallback', 'readCallback'] as const).filter((call) => typeof channel[call] !== 'function');
  if (plugin.manifest.capabilities.receipts && missing.length > 0) {
    return `it promises receipts, and what it opened has no function ${missing.join(' and ')}.`;
  }
  return undefined;
}
