import { z } from 'zod';
import {
  INBOX_PATH,
  inboxMessageSchema,
  inboxPageSchema,
  inboxQuerySchema,
  MARK_PATHS,
  STREAM_PATH,
} from '../http/inbox/index.js';
import { jsonBody, type Operation, type Parameter, type Paths, schemaRef, toOpenApiPath } from './openapi-types.js';

/** A user by a token, or a server app by its secret. */
const SECURITY = [{ userToken: [] }, { appKey: [] }];

const text = (name: string, description: string, location: Parameter['in'] = 'query'): Parameter => ({
  name,
  in: location,
  description,
  schema: { type: 'string' },
});

const WHO: Parameter[] = [
  text('userId', 'Whose inbox, for a server app; a user token says it by itself.'),
  text('anonymousId', 'The same, by the id of a visitor.'),
  text('identifier', 'The same, by an identifier of any type: `email:ann@example.com`.'),
];

const SUMMARIES = {
  read: 'The person saw the message: counted once, as opened',
  clicked: 'The person followed the action of the message: each time is counted',
  dismissed: 'The person put the message away: it is in no list any more',
};

/** Names of the operations, as those of the write API are made. */
const MARK_IDS = { read: 'inbox_read', clicked: 'inbox_click', dismissed: 'inbox_dismiss' };

const operation = (operationId: string, summary: string, rest: Omit<Operation, 'operationId'>): Operation => ({
  operationId,
  tags: ['in-app inbox'],
  summary,
  security: SECURITY,
  ...rest,
});

const queryParameters = (): Parameter[] => {
  const { properties = {} } = z.toJSONSchema(inboxQuerySchema, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as { description?: string };
    return { name, in: 'query', ...(description && { description }), schema: name === 'limit' ? LIMIT : rest };
  });
};
/** What it is coerced from says nothing about what fits. */
const LIMIT = { type: 'integer', minimum: 1, maximum: 1_000 };

export function inboxSchemas(): Record<string, unknown> {
  const registry = z.registry<{ id: string }>();
  for (const schema of [inboxMessageSchema, inboxPageSchema]) registry.add(schema, { id: schema.meta()?.id as string });
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]));
}

/** What the front end of an app calls. */
export function inboxPaths(): Paths {
  const paths: Paths = {
    [INBOX_PATH]: {
      get: operation('inbox_list', 'The in-app messages of one person, the newest first', {
        parameters: [...WHO, ...queryParameters()],
        responses: { '200': { description: 'A page.', ...jsonBody(schemaRef('InboxPage')) } },
      }),
    },
    [STREAM_PATH]: {
      get: operation('inbox_stream', 'Changes to the inbox of one person, as server-sent events', {
        description:
          'Events `message` (a new one) and `changed` (read, clicked or dismissed elsewhere, or brought along by a merge), each with an InboxMessage as JSON. A comment every 15 seconds keeps the line open. After a break it goes on from `Last-Event-ID`.',
        parameters: [
          ...WHO,
          text('token', 'The user token, for clients that can send no header.'),
          { name: 'since', in: 'query', description: '`position` of a list.', schema: { type: 'integer', minimum: 0 } },
          text('Last-Event-ID', 'Sent by browsers when they come back; counts before `since`.', 'header'),
        ],
        responses: {
          '200': { description: 'The stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
        },
      }),
    },
  };
  for (const [path, mark] of Object.entries(MARK_PATHS))
    paths[toOpenApiPath(path)] = {
      post: operation(MARK_IDS[mark], SUMMARIES[mark], {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }, ...WHO],
        responses: { '200': { description: 'As it is now.', ...jsonBody(schemaRef('InboxMessage')) } },
      }),
    };
  return paths;
}
