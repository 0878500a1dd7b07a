import type { Plugin } from '@cdp/plugin-kit';
import { contentFields } from '@cdp/plugin-kit';
import { LRUCache } from 'lru-cache';
import {
  CdpError,
  type Clock,
  conflict,
  type Ids,
  invalid,
  type JsonObject,
  notFound,
  type Page,
  type PageRequest,
} from '../kernel/index.js';
import { type ProfileStore, type ProfileView, viewOf } from '../profile/index.js';
import type { AggregateValues } from '../segment/index.js';
import type { CampaignStore } from './campaign-store.js';
import type { ChannelCatalog } from './channel-catalog.js';
import { CompiledTemplate, type UndefinedField } from './compiled-template.js';
import { LiquidEngine, type RenderLimits, TemplateError } from './liquid-template.js';
import type { NewTemplate, Template, TemplatePatch } from './template.js';
import type { TemplateStore } from './template-store.js';

export interface Preview {
  /** The rendered content, links untouched. */
  content: JsonObject;
  undefinedVariables: UndefinedField[];
}

export interface TemplateServiceDeps {
  templates: TemplateStore;
  campaigns: CampaignStore;
  channels: ChannelCatalog;
  profiles: ProfileStore;
  aggregates: AggregateValues;
  clock: Clock;
  ids: Ids;
  limits?: RenderLimits;
}

const COMPILED_KEPT = 500;

export class TemplateService {
  readonly #deps: TemplateServiceDeps;
  readonly #engine: LiquidEngine;
  /** By tenant, id and version: a version never changes. */
  readonly #compiled = new LRUCache<string, Promise<CompiledTemplate>>({ max: COMPILED_KEPT });

  constructor(deps: TemplateServiceDeps) {
    this.#deps = deps;
    this.#engine = new LiquidEngine(deps.limits);
  }

  async create(tenantId: string, input: NewTemplate): Promise<Template> {
    const plugin = this.#pluginFor(input.channel, input.plugin);
    await this.#check(plugin, input.content as JsonObject);
    const now = this.#deps.clock.now();
    const template: Template = {
      id: this.#deps.ids.next(),
      channel: plugin.manifest.channel,
      plugin: plugin.manifest.name,
      name: input.name,
      version: 1,
      content: input.content as JsonObject,
      createdAt: now,
      updatedAt: now,
    };
    await this.#deps.templates.insert(tenantId, template);
    return template;
  }

  async get(tenantId: string, id: string, version?: number): Promise<Template> {
    const template = await this.#deps.templates.get(tenantId, id, version);
    if (!template) throw notFound('template');
    return template;
  }

  async list(tenantId: string, page: PageRequest & { channel?: string | undefined }): Promise<Page<Template>> {
    return this.#deps.templates.list(tenantId, page);
  }

  /** A new version. With `expectedVersion` it is refused when somebody else changed the template meanwhile. */
  async update(tenantId: string, id: string, patch: TemplatePatch, expectedVersion?: number): Promise<Template> {
    const known = await this.get(tenantId, id);
    if (expectedVersion !== undefined && known.version !== expectedVersion) throw changed();
    const content = (patch.content as JsonObject | undefined) ?? known.content;
    if (patch.content !== undefined) await this.#check(this.#plugin(known), content);
    const next: Template = {
      ...known,
      name: patch.name ?? known.name,
      content,
      version: known.version + 1,
      updatedAt: this.#deps.clock.now(),
    };
    if (!(await this.#deps.templates.replace(tenantId, next, known.version))) throw changed();
    return next;
  }

  async delete(tenantId: string, id: string): Promise<void> {
    await this.get(tenantId, id);
    const users = await this.#deps.campaigns.using(tenantId, { templateId: id });
    if (users.length > 0) throw conflict(`Campaigns use this template: ${users.join(', ')}.`);
    await this.#deps.templates.delete(tenantId, id);
  }

  /** What a message would be for a profile, or for nobody in particular, and every variable that has no value then. */
  async preview(tenantId: string, id: string, options: { profileId?: string | undefined } = {}): Promise<Preview> {
    const template = await this.get(tenantId, id);
    const compiled = await this.compiled(tenantId, template);
    const scope = {
      profile: await this.#profileFor(tenantId, options.profileId),
      campaign: { id: 'preview', name: template.name },
      event: {},
      links: { unsubscribe: '#' },
    };
    try {
      return { content: compiled.render(scope), undefinedVariables: compiled.undefinedIn(scope) };
    } catch (error) {
      throw error instanceof TemplateError ? invalid('content', error.message) : error;
    }
  }

  /** The template made ready, from the cache where it is. */
  async compiled(tenantId: string, template: Template): Promise<CompiledTemplate> {
    const key = `${tenantId}\0${template.id}\0${template.version}`;
    let compiled = this.#compiled.get(key);
    if (!compiled) {
      compiled = CompiledTemplate.compile(
        this.#engine,
        contentFields(this.#plugin(template).content),
        template.content,
      );
      this.#compiled.set(key, compiled);
      compiled.catch(() => this.#compiled.delete(key));
    }
    return compiled;
  }

  async #profileFor(tenantId: string, profileId: string | undefined): Promise<Partial<ProfileView>> {
    if (profileId === undefined) return { traits: {}, aggregates: {}, identifiers: [], devices: [], consents: [] };
    let document = await this.#deps.profiles.get(tenantId, profileId);
    if (document?.state === 'merged' && document.mergedInto !== undefined)
      document = await this.#deps.profiles.get(tenantId, document.mergedInto);
    if (document?.state !== 'active') throw notFound('profile');
    const { values, asOf } = await this.#deps.aggregates.of(tenantId, [document]);
    return viewOf(document, values[0] ?? {}, asOf);
  }

  async #check(plugin: Plugin, content: JsonObject): Promise<void> {
    const parsed = plugin.content.safeParse(content);
    if (!parsed.success) {
      const errors = parsed.error.issues.map((issue) => ({
        path: ['content', ...issue.path].join('.'),
        message: issue.message,
      }));
      throw new CdpError('invalid', errors.map((one) => `${one.path}: ${one.message}`).join(' '), { errors });
    }
    await CompiledTemplate.compile(this.#engine, contentFields(plugin.content), content);
  }

  #pluginFor(channel: string, name: string | undefined): Plugin {
    const all = this.#deps.channels.pluginsOf(channel);
    const names = all.map((one) => one.manifest.name).join(', ');
    if (all.length === 0) throw invalid('channel', `No plugin serves the channel "${channel}".`);
    if (name === undefined) {
      if (all.length > 1) throw invalid('plugin', `Name one of ${names}.`);
      return all[0] as Plugin;
    }
    const found = all.find((one) => one.manifest.name === name);
    if (!found) throw invalid('plugin', `The channel "${channel}" has: ${names}.`);
    return found;
  }

  #plugin(template: Template): Plugin {
    const plugin = this.#deps.channels.plugin(template.plugin);
    if (!plugin) throw conflict(`The plugin "${template.plugin}" of this template is not loaded.`);
    return plugin;
  }
}

const changed = (): CdpError => conflict('The template was changed meanwhile: read it again.');
