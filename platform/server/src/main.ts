import { CdpError } from '@cdp/core/kernel';
import { environment } from './config/environment.js';
import { ConfigError, loadConfig } from './config/index.js';
import { drainOnSignals } from './operations/drain.js';
import { PinoLogger } from './operations/index.js';
import { shrinkHeap } from './operations/shrink-heap.js';
import { welcomeText } from './operations/welcome-text.js';
import { startServer } from './server.js';

/** By then what the start itself has to do is done. */
const SHRINK_AFTER_MS = 2_000;

async function main(): Promise<void> {
  const config = loadConfig(environment());
  const logger = new PinoLogger(config.operations);
  const starting = startServer({ config, logger });
  // Before it listens: from then on it has what must be finished.
  drainOnSignals(async () => (await starting).close(), config.http.shutdownGraceMs, logger);
  const server = await starting;
  logger.flush();
  if (server.welcome) process.stdout.write(welcomeText(config.http.publicUrl ?? server.url, server.welcome));
  setTimeout(shrinkHeap, SHRINK_AFTER_MS).unref();
}

main().catch((error: unknown) => {
  // What the operator can mend is said in a sentence; where in the source it came up helps with the rest alone.
  const plain = error instanceof ConfigError || error instanceof CdpError;
  const text = plain ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`The platform did not start. ${text}\n`);
  process.exit(1);
});
