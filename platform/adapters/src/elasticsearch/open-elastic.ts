import { Elastic } from './elastic.js';
import type { ElasticOptions } from './elastic-options.js';

/** Connects when something is asked, so that a cluster that is away stops nobody from starting. */
export const openElastic = (options: ElasticOptions): Elastic => new Elastic(options);
