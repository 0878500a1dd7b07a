import { z } from 'zod';
import type { FieldTemplate } from './field.js';

/** The part of JSON Schema (2020-12) that zod writes, with the kit's two marks on it. */
export interface JsonSchema {
  [keyword: string]: unknown;
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  secret?: boolean;
  template?: FieldTemplate;
}

/**
 * The schema as a client sees it: what goes in, with defaults optional. Marks of {@link secret} and {@link templated} are kept as
 * `secret` and `template`.
 *
 * @throws Error when a part has no JSON Schema (a transform, a date, a map …).
 */
export const toJsonSchema = (schema: z.ZodType): JsonSchema => z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;

/** One field of a content schema, for a platform that renders without knowing the channel. */
export interface ContentField {
  name: string;
  required: boolean;
  template?: FieldTemplate;
}

/** The fields of a content schema in their order. */
export function contentFields(content: z.ZodType): ContentField[] {
  const schema = toJsonSchema(content);
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    required: schema.required?.includes(name) ?? false,
    ...(field.template && { template: field.template }),
  }));
}

/** Every schema that describes the value itself: behind references and in unions and intersections. */
export function alternatives(schema: JsonSchema, root: JsonSchema): JsonSchema[] {
  const found = new Set<JsonSchema>();
  const visit = (at: JsonSchema) => {
    if (found.has(at)) return;
    found.add(at);
    if (at.$ref) {
      const target = at.$ref === '#' ? root : root.$defs?.[at.$ref.replace('#/$defs/', '')];
      if (target) visit(target);
    }
    for (const part of [...(at.anyOf ?? []), ...(at.oneOf ?? []), ...(at.allOf ?? [])]) visit(part);
  };
  visit(schema);
  return [...found];
}
