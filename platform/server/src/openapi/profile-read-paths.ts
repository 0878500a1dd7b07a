import { z } from 'zod';
import { profileQuerySchema } from '../http/admin/profile-schemas.js';
import { jsonBody, type Operation, type Parameter, type Paths, schemaRef } from './openapi-types.js';

const tenant: Parameter = {
  name: 'X-Tenant-Id',
  in: 'header',
  description: 'The tenant, for a platform admin and for a user of several.',
  required: false,
  schema: { type: 'string' },
};

function queryParameters(schema: z.ZodObject): Parameter[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, property]) => {
    const { description = '', ...rest } = property as z.core.JSONSchema.JSONSchema;
    return { name, in: 'query', description, required: false, schema: rest as Record<string, unknown> };
  });
}

const operation = (operationId: string, summary: string, parameters: Parameter[], body: unknown): Operation => ({
  operationId,
  tags: ['profiles'],
  summary,
  parameters: [...parameters, tenant],
  responses: { '200': { description: 'Found.', ...jsonBody(body) } },
});

/** Reads of people that stand beside the framework. */
export function profileReadPaths(): Paths {
  const page = {
    type: 'object',
    properties: {
      items: { type: 'array', items: schemaRef('Profile') },
      nextCursor: { type: ['string', 'null'] },
    },
    required: ['items', 'nextCursor'],
    additionalProperties: false,
  };
  const list = operation(
    'profiles_list',
    'The profile with an identifier, those that contain a text, or all of them',
    queryParameters(profileQuerySchema),
    page,
  );
  const id: Parameter = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
  const get = operation('profiles_get', 'One profile', [id], schemaRef('Profile'));
  get.responses['308'] = { description: 'It is part of another profile now: see Location.' };
  return { '/api/v1/profiles': { get: list }, '/api/v1/profiles/{id}': { get } };
}
