import type { Clock, Logger } from '@cdp/core/kernel';
import type { Config } from '../config/index.js';
import { openEmbeddedStores } from './embedded-stores.js';
import { openEngineStores } from './engine-stores.js';
import type { Stores } from './stores.js';

/** In the home that the configuration names: on the production engines where it has them, else on the embedded ones. */
export const openStores = (config: Config, clock: Clock, logger: Logger): Promise<Stores> =>
  config.engines ? openEngineStores(config, config.engines, clock, logger) : openEmbeddedStores(config, clock, logger);
