import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { inboxPaths, inboxSchemas } from './inbox-paths.js';
import { linkPaths } from './link-paths.js';
import { type OpenApiDocument, type Operation, type Paths, schemaRef } from './openapi-types.js';
import { profileReadPaths } from './profile-read-paths.js';
import { writeApiPaths, writeApiSchemas } from './write-api-paths.js';

const DESCRIPTION = [
  'The write API takes what apps send; its key is that of an app. The admin API under `/api/v1` takes the token of a login',
  'as Bearer, or the session cookie; `X-Tenant-Id` picks the tenant for those who have several.',
  'Errors are `application/problem+json`. Lists are `{items, nextCursor}`. All times are RFC 3339, UTC.',
].join(' ');

/** Methods in the order in which they are shown. */
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** The whole API as OpenAPI 3.1: the framework's controllers, and the routes beside them. */
export function createDocument(app: INestApplication): OpenApiDocument {
  const base = new DocumentBuilder()
    .setTitle('Customer data platform')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'login')
    .addSecurity('appKey', {
      type: 'http',
      scheme: 'basic',
      description: 'User: the app key. Password: its secret, or empty for a public app.',
    })
    .addSecurity('writeKey', {
      type: 'apiKey',
      in: 'header',
      name: 'X-Write-Key',
      description: '`key` or `key:secret`.',
    })
    .addSecurity('userToken', {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description:
        'HS256 with the secret of an app: `iss` its key, `sub` the id of the user, `exp` at most a day ahead.',
    })
    .build();
  const operationIdFactory = (controller: string, method: string): string =>
    `${controller.replace(/Controller$/, '').replace(/^./, (letter) => letter.toLowerCase())}_${method}`;
  const nest = SwaggerModule.createDocument(app, base, { operationIdFactory }) as unknown as OpenApiDocument;
  const parts = [writeApiPaths(), inboxPaths(), linkPaths(), nest.paths, profileReadPaths()];
  const paths = Object.entries(joined(parts)).sort(([a], [b]) => (a < b ? -1 : 1));
  const document = {
    ...nest,
    paths: Object.fromEntries(paths.map(([path, operations]) => [path, inOrder(path, operations)])),
    components: {
      ...nest.components,
      schemas: { ...writeApiSchemas(), ...inboxSchemas(), ...nest.components.schemas },
    },
  };
  // Undefined values are no JSON; the document is compared with the file it is written to.
  return JSON.parse(JSON.stringify(document)) as OpenApiDocument;
}

/** One path may have operations of several origins. */
function joined(parts: readonly Paths[]): Paths {
  const all: Paths = {};
  for (const paths of parts)
    for (const [path, operations] of Object.entries(paths)) all[path] = { ...all[path], ...operations };
  return all;
}

function inOrder(path: string, operations: Record<string, Operation>): Record<string, Operation> {
  return Object.fromEntries(
    METHODS.filter((method) => operations[method]).map((method) => [
      method,
      complete(path, operations[method] as Operation),
    ]),
  );
}

/** Every operation may answer an error, and those of the admin API ask for a login unless they say otherwise. */
function complete(path: string, operation: Operation): Operation {
  const problem = {
    description: 'An error.',
    content: { 'application/problem+json': { schema: schemaRef('Problem') } },
  };
  const login = path.startsWith('/api/v1/') && path !== '/api/v1/auth/login' ? { security: [{ login: [] }] } : {};
  return { ...login, ...operation, responses: { ...operation.responses, default: problem } };
}
