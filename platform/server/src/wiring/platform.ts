import { Clock, Ids, Logger, SystemClock, UuidIds } from '@cdp/core/kernel';
import type { Config } from '../config/index.js';
import { type Check, Metrics } from '../operations/index.js';

/** Everything the process is made of, built by hand in the order of the data. */
export interface Platform {
  config: Config;
  logger: Logger;
  clock: Clock;
  ids: Ids;
  metrics: Metrics;
  checks: Check[];
  /** Stops consumers and workers after what is under way, commits, and closes the stores. */
  close(): Promise<void>;
}

export interface PlatformOptions {
  config: Config;
  logger: Logger;
  clock?: Clock;
}

export async function openPlatform({ config, logger, clock = new SystemClock() }: PlatformOptions): Promise<Platform> {
  const ids = new UuidIds(clock);
  const metrics = new Metrics();
  return { config, logger, clock, ids, metrics, checks: [], close: async () => {} };
}
