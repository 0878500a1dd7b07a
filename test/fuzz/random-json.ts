import type { Schema } from '../builders/open-api-routes.js';
import type { Random } from './random.js';

/** Texts that have broken programs before: of paths, encodings, templates, query languages, objects and numbers. */
export const HOSTILE_TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'x\udfffy',
  '\ufeffbom',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '../../../../etc/passwd',
  '..%2f..%2f',
  "' OR 1=1 --",
  '"; DROP TABLE profiles; --',
  '{{ 1 | divided_by: 0 }}',
  '{% for i in (1..1000000000) %}x{% endfor %}',
  '$'.concat('{jndi:ldap://x.invalid/a}'),
  '%',
  '%zz',
  '%_\\',
  '*',
  '(a+)+$',
  'NaN',
  '-0',
  '1e400',
  '9007199254740993',
  '2026-13-45T99:99:99Z',
  '+275760-09-13T00:00:00.001Z',
  '\u202egnp.exe',
  'e\u0301'.repeat(40),
  '👩‍👩‍👧‍👦'.repeat(20),
  'x'.repeat(300),
  'y'.repeat(70_000),
];

const HOSTILE_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  0.1,
  2 ** 53,
  -(2 ** 63),
  1.7976931348623157e308,
  5e-324,
  [],
  {},
  [[]],
  [null],
  [{}],
  { '': 1 },
  { $ref: '#' },
  { $where: '1' },
  { constructor: { prototype: { polluted: true } } },
  ...HOSTILE_TEXTS,
];

/** Schemas may hold themselves, as that of rules does. */
const MAX_DEPTH = 12;

/** Ids that the platform told, by the name under which a request asks for one. */
export interface KnownIds {
  idFor(name: string): string | undefined;
}

/** Makes JSON that fits a schema more or less, and breaks it. */
export class RandomJson {
  readonly #random: Random;
  readonly #schemas: Record<string, Schema>;
  readonly #known: KnownIds;

  constructor(random: Random, schemas: Record<string, Schema>, known: KnownIds) {
    this.#random = random;
    this.#schemas = schemas;
    this.#known = known;
  }

  /** Fits the schema as far as a schema can tell. */
  fitting(schema: Schema, name = '', depth = 0): unknown {
    const random = this.#random;
    if (depth > MAX_DEPTH) return null;
    if (schema.$ref) return this.fitting(this.#schemas[schema.$ref.split('/').at(-1) as string] ?? {}, name, depth);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return random.pick(schema.enum);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) return this.fitting(random.pick(depth > 3 ? leavesOf(choices) : choices), name, depth + 1);
    if (schema.allOf) {
      const parts = schema.allOf.map((part) => this.fitting(part, name, depth + 1));
      return parts.every((part) => typeof part === 'object' && part !== null) ? Object.assign({}, ...parts) : parts[0];
    }
    const type = Array.isArray(schema.type) ? random.pick(schema.type) : schema.type;
    switch (type) {
      case 'string':
        return this.#text(schema, name);
      case 'integer':
      case 'number': {
        const from = schema.minimum ?? 0;
        return from + random.int(Math.min(schema.maximum ?? 1_000, 1_000_000) - from + 1);
      }
      case 'boolean':
        return random.chance(0.5);
      case 'null':
        return null;
      case 'array':
        return Array.from({ length: depth > 5 ? 1 : 1 + random.int(3) }, () =>
          this.fitting(schema.items ?? {}, name, depth + 1),
        );
      default:
        return schema.properties || type === 'object' ? this.#object(schema, depth) : this.#anything(depth);
    }
  }

  /** The value with one of its parts taken away, made something else, or joined by what nobody asked for. */
  broken(value: unknown): unknown {
    const random = this.#random;
    if (typeof value !== 'object' || value === null || random.chance(0.1)) return random.pick(HOSTILE_VALUES);
    if (Array.isArray(value)) {
      if (value.length === 0 || random.chance(0.2)) return [...value, random.pick(HOSTILE_VALUES)];
      const at = random.int(value.length);
      return value.map((item, index) => (index === at ? this.broken(item) : item));
    }
    const entries = Object.entries(value);
    if (entries.length === 0 || random.chance(0.15)) {
      // As `JSON.parse` would have it: `__proto__` as a key of its own.
      const key = random.pick(HOSTILE_TEXTS);
      return Object.fromEntries([...entries, [key, random.pick(HOSTILE_VALUES)]]);
    }
    const at = random.int(entries.length);
    if (random.chance(0.2)) return Object.fromEntries(entries.filter((_, index) => index !== at));
    return Object.fromEntries(entries.map(([key, inner], index) => [key, index === at ? this.broken(inner) : inner]));
  }

  #text({ minLength = 0, format }: Schema, name: string): string {
    const random = this.#random;
    const known = this.#known.idFor(name);
    if (known !== undefined && random.chance(0.8)) return known;
    if (format === 'date-time' || /^(at|from|to|asOf|timestamp|expiresAt|sentAt)$/.test(name))
      return new Date(1.7e12 + random.int(1e11)).toISOString();
    if (/e-?mail|address|^from$/i.test(name)) return `fuzz${random.int(1e6)}@example.com`;
    if (/channel/i.test(name)) return random.pick(['email', 'webhook']);
    if (/within|validfor/i.test(name)) return random.pick(['1h', '7d', '30m']);
    return `fuzz ${random.int(1e6)}`.padEnd(minLength, 'z');
  }

  #object({ properties = {}, required = [], additionalProperties }: Schema, depth: number): unknown {
    const random = this.#random;
    const share = depth > 4 ? 0.05 : 0.5;
    const entries = Object.entries(properties)
      .filter(([key]) => required.includes(key) || random.chance(share))
      .map(([key, inner]): [string, unknown] => [key, this.fitting(inner, key, depth + 1)]);
    if (additionalProperties !== false && random.chance(0.3))
      entries.push([`more${random.int(50)}`, this.#anything(depth)]);
    return Object.fromEntries(entries);
  }

  #anything(depth: number): unknown {
    const random = this.#random;
    if (depth > 5 || random.chance(0.7)) return random.chance(0.5) ? random.int(1_000) : `text ${random.int(100)}`;
    return this.#object({ properties: { a: {}, b: { type: 'array' } } }, depth + 1);
  }
}

/** The choices that end the way down, where there are such. */
function leavesOf(choices: readonly Schema[]): readonly Schema[] {
  const leaves = choices.filter((choice) => !JSON.stringify(choice).includes('"$ref"'));
  return leaves.length > 0 ? leaves : choices;
}
