import { jsonBody, type Operation, type Paths } from './openapi-types.js';

const token = { name: 'token', in: 'path' as const, required: true, schema: { type: 'string' } };
const html = { content: { 'text/html': { schema: { type: 'string' } } } };

const operation = (operationId: string, summary: string, responses: Operation['responses']): Operation => ({
  operationId,
  tags: ['links'],
  summary,
  security: [],
  parameters: [token],
  responses,
});

/** What messages and providers call. */
export function linkPaths(): Paths {
  return {
    '/t/c/{token}': {
      get: operation('linkClick', 'A link of a message: leads to where the message said', {
        '302': { description: 'The click is durable.' },
        '404': { description: 'Not a link of ours.', ...html },
      }),
    },
    '/t/o/{token}': {
      get: operation('linkOpen', 'The picture by which an open is seen', {
        '200': {
          description: 'A transparent pixel, whatever the token.',
          content: { 'image/gif': { schema: { type: 'string', format: 'binary' } } },
        },
      }),
    },
    '/t/u/{token}': {
      get: operation('linkUnsubscribePage', 'Asks; changes nothing', {
        '200': { description: 'The page.', ...html },
        '404': { description: 'Not a link of ours.', ...html },
      }),
      post: {
        ...operation('linkUnsubscribe', 'Unsubscribes, in one click (RFC 8058)', {
          '200': { description: 'It is noted.', ...html },
          '404': { description: 'Not a link of ours.', ...html },
        }),
        requestBody: {
          content: {
            'application/x-www-form-urlencoded': {
              schema: {
                type: 'object',
                properties: {
                  all: { enum: ['0', '1'], description: '1: the channel as a whole, not just the topic.' },
                },
              },
            },
          },
        },
      },
    },
    '/callbacks/{channelConfigId}': {
      post: {
        operationId: 'providerCallback',
        tags: ['links'],
        summary: 'Events of a provider, verified by the plugin',
        security: [],
        parameters: [{ name: 'channelConfigId', in: 'path', required: true, schema: { type: 'string' } }],
        requestBody: { content: { '*/*': { schema: {} } } },
        responses: {
          '200': {
            description: 'How many were about messages of this platform.',
            ...jsonBody({ type: 'object', required: ['received'], properties: { received: { type: 'integer' } } }),
          },
        },
      },
    },
  };
}
