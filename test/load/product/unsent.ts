import { loadConfig, PinoLogger, startServer } from '@cdp/server';

/** The platform without delivery: messages are made and stay in the outbox. */
const config = loadConfig(process.env);
const logger = new PinoLogger(config.operations, { write: () => {} });
const server = await startServer({ config, logger });
await server.platform.messaging.worker.stop();
process.stdout.write(`${JSON.stringify({ message: 'Listening', url: server.url })}\n`);
