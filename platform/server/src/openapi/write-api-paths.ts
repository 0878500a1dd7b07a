import { z } from 'zod';
import { WRITE_ROUTES, type WriteRoute } from '../http/write-api/index.js';
import { jsonBody, type Operation, type Parameter, type Paths, schemaRef, toOpenApiPath } from './openapi-types.js';
import * as schemas from './write-api-schemas.js';

const BODY: Record<Exclude<WriteRoute['body'], 'none'>, string> = {
  call: 'Call',
  batch: 'Batch',
  events: 'Events',
  users: 'Users',
  device: 'Device',
};

const APP_KEY = [{ appKey: [] }, { writeKey: [] }];

/** Schemas of the write API by name, for `components`. */
export function writeApiSchemas(): Record<string, unknown> {
  const registry = z.registry<{ id: string }>();
  for (const schema of Object.values(schemas)) registry.add(schema, { id: schema.meta()?.id as string });
  const { schemas: all } = z.toJSONSchema(registry, {
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => {
      // The format says it; the pattern is half a kilobyte of leap years.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  return Object.fromEntries(Object.entries(all).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]));
}

const pathParameters = (url: string): Parameter[] =>
  [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

const idOf = (method: string, path: string): string =>
  `${method.toLowerCase()}${path.replace(/[/:{}]+(\w)?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? '')}`;

function operationOf(route: WriteRoute, path: string): Operation {
  const operation: Operation = {
    operationId: idOf(route.method, path),
    tags: ['write API'],
    summary: route.summary,
    security: APP_KEY,
    parameters: pathParameters(path),
    responses: { '200': { description: 'What was taken is durable.', ...jsonBody(schemaRef('WriteAnswer')) } },
  };
  const [main = path] = route.paths;
  if (path !== main) {
    operation.description = `The same as \`${toOpenApiPath(main)}\`.`;
    operation['x-alias-of'] = toOpenApiPath(main);
  }
  if (route.body !== 'none') operation.requestBody = { required: true, ...jsonBody(schemaRef(BODY[route.body])) };
  return operation;
}

const readOperation = (path: string, summary: string, extra: Partial<Operation> = {}): Operation => ({
  operationId: idOf('get', path),
  tags: ['write API'],
  summary,
  security: APP_KEY,
  parameters: pathParameters(path),
  responses: { '200': { description: 'Found.', ...jsonBody({ type: 'object' }) } },
  ...extra,
});

/** The routes that are registered outside the framework. */
export function writeApiPaths(): Paths {
  const paths: Paths = {};
  const add = (method: string, url: string, operation: Operation): void => {
    paths[toOpenApiPath(url)] = { ...paths[toOpenApiPath(url)], [method.toLowerCase()]: operation };
  };
  for (const route of WRITE_ROUTES) for (const path of route.paths) add(route.method, path, operationOf(route, path));
  add(
    'get',
    '/v1/projects/:writeKey/settings',
    readOperation('/v1/projects/:writeKey/settings', 'What the browser SDK of Segment fetches first', { security: [] }),
  );
  add('get', '/sourceConfig', readOperation('/sourceConfig', 'What the browser SDK of RudderStack fetches first'));
  add(
    'get',
    '/v1/events/:messageId/status',
    readOperation(
      '/v1/events/:messageId/status',
      'Where an event is: accepted, processed (with its profile, segments and messages), or rejected and why',
      { responses: ok('EventStatus') },
    ),
  );
  add('post', '/v1/bulk/import', importOperation());
  add(
    'get',
    '/v1/bulk/import/:id',
    readOperation('/v1/bulk/import/:id', 'State and counts of an import', { responses: ok('ImportJob') }),
  );
  add(
    'get',
    '/v1/bulk/import/:id/rejected',
    readOperation('/v1/bulk/import/:id/rejected', 'The rows that were not taken, with the reason for each', {
      responses: {
        '200': { description: 'NDJSON.', content: { 'application/x-ndjson': { schema: { type: 'string' } } } },
      },
    }),
  );
  return paths;
}

const ok = (schema: string): Record<string, unknown> => ({
  '200': { description: 'Found.', ...jsonBody(schemaRef(schema)) },
});

const importOperation = (): Operation => ({
  operationId: 'postV1BulkImport',
  tags: ['write API'],
  summary: 'Takes a file of events or users; answers a job',
  security: APP_KEY,
  parameters: [],
  requestBody: {
    required: true,
    content: {
      'multipart/form-data': {
        schema: {
          type: 'object',
          required: ['file'],
          properties: {
            file: { type: 'string', format: 'binary', description: 'CSV or NDJSON.' },
            mapping: { type: 'string', description: 'JSON: which columns make the call. Needed for CSV.' },
            format: { enum: ['csv', 'ndjson'], description: 'Where the name of the file does not tell.' },
          },
        },
      },
      'application/x-ndjson': { schema: { type: 'string' } },
      'application/json': {
        schema: {
          type: ['object', 'array'],
          description: 'A list of calls, or {events}, {users}, {batch}, {rows, mapping}.',
        },
      },
    },
  },
  responses: {
    '202': { description: 'The file is taken; the job works through it.', ...jsonBody(schemaRef('ImportJob')) },
  },
});
