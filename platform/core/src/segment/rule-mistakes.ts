import { type FieldError, isJsonObject, type JsonObject } from '../kernel/index.js';

/** Bounds of what one rule may be. Each is a setting. */
export interface RuleLimits {
  /** Levels of all, any and not, a condition being one. */
  depth: number;
  /** Conditions in all, those of filters over events included. */
  conditions: number;
  /** Conditions in all once the rules of nested segments stand in it, each as often as it is named. */
  nestedConditions: number;
  /** Values in one list; larger sets belong in a file segment. */
  listValues: number;
  /** Characters of one text, name or path. */
  textLength: number;
}

export const RULE_LIMITS: RuleLimits = {
  depth: 8,
  conditions: 100,
  nestedConditions: 1_000,
  listValues: 10_000,
  textLength: 1_000,
};

/** After so many mistakes the rest would not be read. */
const MOST_MISTAKES = 100;

/** All mistakes of one rule, each with its path and how to mend it. */
export class RuleMistakes {
  readonly errors: FieldError[] = [];
  readonly limits: RuleLimits;
  #conditions = 0;

  constructor(limits: Partial<RuleLimits> = {}) {
    this.limits = { ...RULE_LIMITS, ...limits };
  }

  add(path: string, message: string): void {
    if (this.errors.length < MOST_MISTAKES) this.errors.push({ path, message });
  }

  countCondition(path: string): void {
    this.#conditions++;
    if (this.#conditions === this.limits.conditions + 1)
      this.add(path, `More than ${this.limits.conditions} conditions. Split the rule into segments and nest them.`);
  }

  object(value: unknown, path: string, what: string): JsonObject | undefined {
    if (isJsonObject(value)) return value;
    this.add(path, `${what} must be an object.`);
    return undefined;
  }

  /** Names every key that is not among those allowed. */
  onlyKeys(object: JsonObject, path: string, allowed: readonly string[]): void {
    for (const key of Object.keys(object))
      if (!allowed.includes(key)) this.add(at(path, key), `Unknown field. Allowed here: ${allowed.join(', ')}.`);
  }

  /** A non-empty text that any engine can hold. */
  text(value: unknown, path: string, what: string): value is string {
    const mistake = this.textMistake(value);
    if (mistake !== undefined) this.add(path, `${what} ${mistake}`);
    return mistake === undefined;
  }

  textMistake(value: unknown): string | undefined {
    if (typeof value !== 'string') return 'must be text.';
    if (value === '') return 'must not be empty.';
    if (value.length > this.limits.textLength) return `must have at most ${this.limits.textLength} characters.`;
    if (!value.isWellFormed() || value.includes('\0')) return 'must be well-formed Unicode without NUL.';
    return undefined;
  }

  /** A dotted path of keys. */
  path(value: unknown, path: string): void {
    if (!this.text(value, path, 'A path')) return;
    const keys = value.split('.');
    if (keys.includes('')) this.add(path, 'A path is keys joined by single dots, such as address.city.');
    if (keys.length > 16) this.add(path, 'A path has at most 16 keys.');
  }

  oneOf<T extends string>(value: unknown, allowed: readonly T[], path: string, what: string): value is T {
    if (typeof value === 'string' && (allowed as readonly string[]).includes(value)) return true;
    this.add(path, `${what} must be one of ${allowed.join(', ')}.`);
    return false;
  }
}

export const at = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

export const item = (path: string, index: number): string => `${path}[${index}]`;
