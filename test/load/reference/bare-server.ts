import { fastify } from 'fastify';

/** A process that answers, and nothing else. */
const app = fastify();
app.post('/v1/track', async () => ({ success: true }));
process.send?.(await app.listen({ port: 0, host: '127.0.0.1' }));
