import type { z } from 'zod';
import { alternatives, type JsonSchema, toJsonSchema } from './json-schema.js';

/** What stands in an answer where a secret is. Sent back in a change, it means: as it was. */
export const SECRET_MASK = '********';

type Replace = (value: unknown, path: (string | number)[]) => unknown;

/** Copies a value, with every secret that the schema marks in it replaced. An absent secret stays absent. */
function replaceSecrets(schema: JsonSchema, value: unknown, replace: Replace): unknown {
  const walk = (at: JsonSchema[], current: unknown, path: (string | number)[]): unknown => {
    if (current === undefined || current === null) return current;
    const all = at.flatMap((one) => alternatives(one, schema));
    if (all.some((one) => one.secret)) return replace(current, path);
    if (Array.isArray(current)) {
      const items = all.flatMap((one): JsonSchema[] => (one.items ? [one.items] : []));
      return current.map((item, index) => walk(items, item, [...path, index]));
    }
    if (typeof current === 'object') {
      return Object.fromEntries(
        Object.entries(current).map(([key, item]) => [
          key,
          walk(
            all.flatMap((one) => propertyOf(one, key)),
            item,
            [...path, key],
          ),
        ]),
      );
    }
    return current;
  };
  return walk([schema], value, []);
}

function propertyOf(schema: JsonSchema, key: string): JsonSchema[] {
  const named = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
  if (named) return [named];
  return typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
}

/** Where a configuration can hold secrets: `password`, `headers.*`, `accounts.*.key`. Sorted. */
export function secretPaths(config: z.ZodType): string[] {
  const root = toJsonSchema(config);
  const paths = new Set<string>();
  const visit = (schema: JsonSchema, path: string[], above: JsonSchema[]) => {
    for (const one of alternatives(schema, root)) {
      if (above.includes(one)) continue;
      if (one.secret) {
        paths.add(path.join('.'));
        continue;
      }
      const inside = [...above, one];
      for (const [name, field] of Object.entries(one.properties ?? {})) visit(field, [...path, name], inside);
      if (one.items) visit(one.items, [...path, '*'], inside);
      if (typeof one.additionalProperties === 'object') visit(one.additionalProperties, [...path, '*'], inside);
    }
  };
  visit(root, [], []);
  return [...paths].sort();
}

/** The configuration as it may be shown. */
export const maskSecrets = (config: z.ZodType, value: unknown): unknown =>
  replaceSecrets(toJsonSchema(config), value, () => SECRET_MASK);

/** Puts what is stored back where a client returned the mask; a mask with nothing behind it stays and fails the schema or the provider. */
export const unmaskSecrets = (config: z.ZodType, value: unknown, stored: unknown): unknown =>
  replaceSecrets(toJsonSchema(config), value, (given, path) => {
    if (given !== SECRET_MASK) return given;
    let at: unknown = stored;
    for (const key of path)
      at = typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[key] : undefined;
    return at ?? given;
  });

/** The secrets themselves as strings, for a log redactor and for tests that look for leaks. */
export function secretValues(config: z.ZodType, value: unknown): string[] {
  const values: string[] = [];
  const collect = (inside: unknown): void => {
    if (typeof inside === 'string') values.push(inside);
    else if (typeof inside === 'object' && inside !== null) for (const part of Object.values(inside)) collect(part);
  };
  replaceSecrets(toJsonSchema(config), value, (found) => {
    collect(found);
    return found;
  });
  return values;
}
