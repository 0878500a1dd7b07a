import type { Logger } from '@cdp/core/kernel';

/**
 * Stops the process on SIGTERM or SIGINT: `stop` finishes what is under way, then it exits 0. A second signal, or a
 * stop that outlasts its grace, exits 1 at once; what was not committed is done again at the next start.
 */
export function drainOnSignals(stop: () => Promise<void>, graceMs: number, logger: Logger): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) {
      logger.warn('Second signal: exiting at once', { signal });
      process.exit(1);
    }
    stopping = true;
    logger.info('Stopping', { signal });
    setTimeout(() => {
      logger.error('Stop took too long: exiting', { graceMs });
      process.exit(1);
    }, graceMs).unref();
    stop().then(
      () => {
        logger.info('Stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error('Stop failed', { error });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
