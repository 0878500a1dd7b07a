import type { Clock, Logger } from '@cdp/core/kernel';
import type { Config } from '../config/index.js';
import { openEmbeddedStores } from './embedded-stores.js';
import type { Stores } from './stores.js';

export const openStores = (config: Config, clock: Clock, logger: Logger): Promise<Stores> =>
  openEmbeddedStores(config, clock, logger);
