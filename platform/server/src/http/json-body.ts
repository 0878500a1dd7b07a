import type { FastifyInstance } from 'fastify';

/**
 * JSON bodies of the admin API: `__proto__` and `constructor.prototype` are refused, and a request that says it is JSON
 * and has no body has none, as clients send it that set the header on every call.
 */
export function readJson(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser('application/json');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, String(body), done);
  });
}
