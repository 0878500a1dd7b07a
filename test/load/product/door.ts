import { loadConfig, PinoLogger, startServer } from '@cdp/server';

/** The platform with its door alone: what is accepted stays in the log. */
const config = loadConfig(process.env);
const logger = new PinoLogger(config.operations, { write: () => {} });
const server = await startServer({ config, logger });
await server.platform.messaging.stop();
await server.platform.pipeline.stop();
process.stdout.write(`${JSON.stringify({ message: 'Listening', url: server.url })}\n`);
