import { SilentLogger } from '@cdp/core/kernel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type FastifyInstance, fastify } from 'fastify';
import { Metrics } from '../operations/index.js';
import { addRequestHooks } from './request-hooks.js';

let server: FastifyInstance;
afterEach(() => server.close());

describe('answers that go out together', () => {
  it('go out all, and the process goes on, where one of them cannot be written', async () => {
    server = fastify();
    addRequestHooks(server, new SilentLogger(), new Metrics(new SilentLogger()));
    let letGo = (): void => {};
    const together = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let waiting = 0;
    server.get('/:name', async (request, reply) => {
      if (++waiting === 3) letGo();
      await together;
      // No header can hold this; it shows only when the answer is written.
      if (request.url === '/broken') reply.header('location', 'https://example.com/\u65e5');
      return { ok: true };
    });
    const url = await server.listen({ port: 0, host: '127.0.0.1' });
    const answers = await Promise.all(['/broken', '/one', '/two'].map((path) => fetch(url + path)));
    expect(answers.map(({ status }) => status)).toEqual([500, 200, 200]);
    expect(answers[0]?.headers.get('content-type')).toContain('application/problem+json');
    expect(await answers[0]?.json()).toMatchObject({ status: 500, correlationId: expect.any(String) });
  });
});
