import { Context, Liquid, type Template, toValueSync } from 'liquidjs';
import { textOf } from './liquid-text.js';
import { type StraightRender, straighten } from './straight-template.js';

export interface RenderLimits {
  /** Milliseconds of one rendering. */
  timeMs: number;
  /** Characters that filters and loops may make in one rendering. */
  memory: number;
  /** Characters of one rendered field. */
  output: number;
  /** Characters of one template. */
  source: number;
}

/** Generous for a message, and short enough that a hostile template costs the platform nothing that hurts. */
export const DEFAULT_RENDER_LIMITS: RenderLimits = {
  timeMs: 250,
  memory: 5_000_000,
  output: 1_000_000,
  source: 1_000_000,
};

/** A variable that a template names and that is not there. */
export interface UndefinedVariable {
  /** `profile.traits.firstName`. */
  name: string;
  /** In the template's own text; absent where it was compiled from something else. */
  line?: number;
  column?: number;
}

/** What is wrong with a template, or why it cannot be rendered for this person. */
export class TemplateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TemplateError';
  }
}

class BoundedOutput {
  buffer = '';
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  write(value: unknown): void {
    this.buffer += textOf(value);
    if (this.buffer.length > this.#limit)
      throw new TemplateError(`The result is longer than ${this.#limit} characters.`);
  }
}

interface Engines {
  usual: Liquid;
  /** Stops at nothing and names every undefined variable. */
  strict: Liquid;
}

/** Makes templates of one kind of output. No files, no prototypes, bounded in time, memory and size. */
export class LiquidEngine {
  readonly limits: RenderLimits;
  readonly #text: Engines;
  readonly #html: Engines;

  constructor(limits: RenderLimits = DEFAULT_RENDER_LIMITS) {
    this.limits = limits;
    this.#text = enginesOf(limits, false);
    this.#html = enginesOf(limits, true);
  }

  /** @throws TemplateError with the place of the mistake. */
  compile(source: string, output: 'text' | 'html'): LiquidTemplate {
    if (source.length > this.limits.source)
      throw new TemplateError(`A template has at most ${this.limits.source} characters.`);
    const engines = output === 'html' ? this.#html : this.#text;
    return new LiquidTemplate(engines.usual, engines.strict, source, this.limits, output === 'html');
  }
}

function enginesOf(limits: RenderLimits, escapes: boolean): Engines {
  const options = {
    templates: {},
    ownPropertyOnly: true,
    strictFilters: true,
    parseLimit: limits.source,
    renderLimit: limits.timeMs,
    memoryLimit: limits.memory,
    timezoneOffset: 0,
    locale: 'en-US',
    ...(escapes && { outputEscape: 'escape' as const }),
  };
  return {
    usual: new Liquid(options),
    strict: new Liquid({ ...options, strictVariables: true, lenientIf: true, catchAllErrors: true }),
  };
}

export class LiquidTemplate {
  readonly source: string;
  readonly #engine: Liquid;
  readonly #strict: Liquid;
  readonly #templates: Template[];
  /** Where it does without the interpreter. */
  readonly #straight: StraightRender | undefined;
  readonly #limits: RenderLimits;

  constructor(engine: Liquid, strict: Liquid, source: string, limits: RenderLimits, escapes: boolean) {
    this.source = source;
    this.#engine = engine;
    this.#strict = strict;
    this.#limits = limits;
    this.#templates = parse(engine, source);
    this.#straight = straighten(this.#templates, escapes);
  }

  /** @throws TemplateError when a limit is reached or the template fails on these values. */
  render(scope: object): string {
    if (this.#straight) return bounded(this.#straight(scope), this.#limits.output);
    const output = new BoundedOutput(this.#limits.output);
    const context = new Context(scope, this.#engine.options, { sync: true, ownPropertyOnly: true });
    try {
      toValueSync(this.#engine.renderer.renderTemplates(this.#templates, context, output));
    } catch (error) {
      throw error instanceof TemplateError ? error : new TemplateError(firstLine(error));
    }
    return output.buffer;
  }

  /** False when no rendering can look at this part of the object of this name. */
  mayRead(object: string, part: string): boolean {
    try {
      const asked = this.#engine.globalVariableSegmentsSync(this.#templates, { partials: false });
      // As a whole it can go anywhere, and so can a part whose name is made while rendering.
      return asked.some(([first, second]) => first === object && (typeof second !== 'string' || second === part));
    } catch {
      // Nested too deeply to be looked through: rendering will say so, person by person.
      return true;
    }
  }

  /** The variables that the template asks of this scope in vain, each name once. A test by `if` and `default` is no asking. */
  undefinedIn(scope: object): UndefinedVariable[] {
    const found = new Map<string, UndefinedVariable>();
    try {
      this.#strict.renderSync(parse(this.#strict, this.source), scope);
    } catch (error) {
      const errors = error instanceof Error && 'errors' in error ? (error.errors as unknown[]) : [error];
      for (const one of errors) {
        const name = nameOf(one);
        if (name !== undefined && !found.has(name)) found.set(name, { name, ...placeOf(one) });
      }
    }
    return [...found.values()];
  }
}

const tooLong = (limit: number): TemplateError => new TemplateError(`The result is longer than ${limit} characters.`);

function bounded(text: string, limit: number): string {
  if (text.length > limit) throw tooLong(limit);
  return text;
}

function parse(engine: Liquid, source: string): Template[] {
  try {
    return engine.parse(source);
  } catch (error) {
    throw new TemplateError(firstLine(error));
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] as string;

function nameOf(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = (at as { originalError?: unknown }).originalError) {
    const match = /^undefined variable: ([^,\s]+)/.exec(at.message);
    if (match) return match[1];
  }
  return undefined;
}

function placeOf(error: unknown): { line?: number; column?: number } {
  const match = error instanceof Error ? /line:(\d+), col:(\d+)/.exec(error.message) : null;
  return match ? { line: Number(match[1]), column: Number(match[2]) } : {};
}
