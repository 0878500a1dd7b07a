import type { ContentField, FieldTemplate } from '@cdp/plugin-kit';
import type { Json, JsonObject } from '../kernel/index.js';
import { CdpError } from '../kernel/index.js';
import { compileMjml } from './compile-mjml.js';
import { textAroundLiquid } from './liquid-source.js';
import { type LiquidEngine, type LiquidTemplate, TemplateError, type UndefinedVariable } from './liquid-template.js';
import { plainTextOf } from './plain-text-of.js';
import {
  addOpenPixel,
  cutHtmlAtLinks,
  cutTextAtLinks,
  disarmLinks,
  type LinkTracker,
  rewriteHtmlLinks,
  rewriteTextLinks,
} from './rewrite-links.js';

export interface UndefinedField extends UndefinedVariable {
  /** The field of the content that names it. */
  field: string;
}

type Render = (scope: object, tracker: LinkTracker | undefined) => Json;

interface Part {
  /** Where the result goes. */
  into: string;
  html: boolean;
  render: Render;
  /** The templates in it, with the field of the content they were written in. */
  sources: { field: string; template: LiquidTemplate; ownText: boolean }[];
}

/** A template's content made ready once, and rendered for many. */
export class CompiledTemplate {
  readonly #parts: readonly Part[];
  readonly #read = new Map<string, boolean>();

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  /** @throws CdpError `invalid` that names the field and the mistake. */
  static async compile(
    engine: LiquidEngine,
    fields: readonly ContentField[],
    content: JsonObject,
  ): Promise<CompiledTemplate> {
    const html = new Map<string, string>();
    const parts: Part[] = [];
    for (const field of fields) {
      const value = content[field.name];
      if (value === undefined) continue;
      try {
        parts.push(await partOf(engine, field, value, html));
      } catch (error) {
        throw mistakeIn(field.name, error);
      }
    }
    for (const { name, template } of fields) {
      const source = template?.plainTextOf === undefined ? undefined : html.get(template.plainTextOf);
      if (!template || source === undefined || content[name] !== undefined) continue;
      try {
        const text = engine.compile(plainTextOf(source), 'text');
        parts.push({
          into: name,
          html: false,
          render: (scope, tracker) => finishText(text.render(scope), template, tracker),
          sources: [{ field: name, template: text, ownText: false }],
        });
      } catch (error) {
        throw mistakeIn(name, error);
      }
    }
    return new CompiledTemplate(parts);
  }

  /**
   * The content of one message. Without a tracker links stay as they are.
   *
   * @throws TemplateError when a limit is reached or the template fails on these values.
   */
  render(scope: object, tracker?: LinkTracker): JsonObject {
    const content: JsonObject = {};
    for (const part of this.#parts) content[part.into] = part.render(scope, tracker);
    return content;
  }

  /** False when no rendering can look at this part of the object of this name, such as the `aggregates` of the `profile`. */
  mayRead(object: string, part: string): boolean {
    const key = `${object}.${part}`;
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const may = this.#parts.some(({ sources }) => sources.some(({ template }) => template.mayRead(object, part)));
    this.#read.set(key, may);
    return may;
  }

  /** Text that renderings have in common, by the field it goes into, in its order. */
  commonText(): Record<string, string[]> {
    const common: Record<string, string[]> = {};
    for (const { into, sources, html } of this.#parts) {
      const cut = html ? cutHtmlAtLinks : cutTextAtLinks;
      common[into] = sources.flatMap(({ template }) => textAroundLiquid(template.source).flatMap(cut));
    }
    return common;
  }

  /** Every variable that is named and not there, by field. */
  undefinedIn(scope: object): UndefinedField[] {
    return this.#parts.flatMap((part) =>
      part.sources.flatMap(({ field, template, ownText }) =>
        template
          .undefinedIn(scope)
          .map(({ name, ...place }): UndefinedField => ({ field, name, ...(ownText && place) })),
      ),
    );
  }
}

async function partOf(
  engine: LiquidEngine,
  field: ContentField,
  value: Json,
  html: Map<string, string>,
): Promise<Part> {
  const { name, template } = field;
  if (!template) return { into: name, html: false, render: () => value, sources: [] };
  if (typeof value !== 'string') return treeOf(engine, name, template, value);
  const isMjml = template.syntax === 'mjml';
  const source = isMjml ? await compileMjml(value) : value;
  const compiled = engine.compile(source, template.syntax === 'liquid-text' ? 'text' : 'html');
  const into = template.into ?? name;
  if (template.syntax === 'liquid-text')
    return {
      into,
      html: false,
      render: (scope, tracker) => finishText(compiled.render(scope), template, tracker),
      sources: [{ field: name, template: compiled, ownText: true }],
    };
  html.set(into, source);
  return {
    into,
    html: true,
    render: (scope, tracker) => finishHtml(compiled.render(scope), template, tracker),
    sources: [{ field: name, template: compiled, ownText: !isMjml }],
  };
}

/** A field that is a tree: every text inside it is a template of its own. */
function treeOf(engine: LiquidEngine, name: string, template: FieldTemplate, value: Json): Part {
  const sources: Part['sources'] = [];
  const compile = (at: Json): Render => {
    if (typeof at === 'string') {
      const compiled = engine.compile(at, template.syntax === 'liquid-text' ? 'text' : 'html');
      sources.push({ field: name, template: compiled, ownText: true });
      return (scope, tracker) => finishText(compiled.render(scope), template, tracker);
    }
    if (Array.isArray(at)) {
      const items = at.map(compile);
      return (scope, tracker) => items.map((render) => render(scope, tracker));
    }
    if (typeof at === 'object' && at !== null) {
      const entries = Object.entries(at).map(([key, inside]) => [key, compile(inside)] as const);
      return (scope, tracker) => Object.fromEntries(entries.map(([key, render]) => [key, render(scope, tracker)]));
    }
    return () => at;
  };
  const render = compile(value);
  return { into: name, html: false, render, sources };
}

function finishHtml(html: string, template: FieldTemplate, tracker: LinkTracker | undefined): string {
  if (!tracker) return disarmLinks(html);
  const linked = template.track?.includes('links') ? rewriteHtmlLinks(html, tracker) : disarmLinks(html);
  return template.track?.includes('opens') ? addOpenPixel(linked, tracker) : linked;
}

const finishText = (text: string, template: FieldTemplate, tracker: LinkTracker | undefined): string =>
  tracker && template.track?.includes('links') ? rewriteTextLinks(text, tracker) : text;

function mistakeIn(field: string, error: unknown): unknown {
  if (!(error instanceof TemplateError)) return error;
  const path = `content.${field}`;
  return new CdpError('invalid', `${path}: ${error.message}`, { errors: [{ path, message: error.message }] });
}
