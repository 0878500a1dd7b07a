import { readFileSync } from 'node:fs';

/** As much of JSON Schema as the reference uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  minLength?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
}

interface Operation {
  operationId: string;
  security?: Record<string, unknown>[];
  parameters?: { in: string; name: string; schema?: Schema }[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** A route that the reference promises. */
export interface OpenApiRoute {
  method: string;
  /** With its parameters in braces. */
  path: string;
  operationId: string;
  /** Who is let in: people who log in, apps with a key, or anybody. */
  door: 'login' | 'app' | 'open';
  query: { name: string; schema: Schema }[];
  /** Schema of the JSON body, where there is one. */
  body?: Schema;
}

const DOCUMENT = new URL('../../../docs/reference/openapi.json', import.meta.url);

/** The reference as it is checked in: a test that reads it covers what clients were told. */
export function openApi(): { routes: OpenApiRoute[]; schemas: Record<string, Schema> } {
  const { paths, components } = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as Document;
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => routeOf(method.toUpperCase(), path, operation)),
  );
  return { routes, schemas: components.schemas };
}

function routeOf(method: string, path: string, operation: Operation): OpenApiRoute {
  const { operationId, security = [], parameters = [], requestBody } = operation;
  const asked = security.flatMap((item) => Object.keys(item));
  const door = asked.includes('login') ? 'login' : asked.includes('appKey') ? 'app' : 'open';
  const query = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema = {} }) => ({ name, schema }));
  const body = requestBody?.content['application/json']?.schema;
  return { method, path, operationId, door, query, ...(body ? { body } : {}) };
}
