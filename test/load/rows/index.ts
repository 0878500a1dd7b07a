import type { Row } from '../harness/row.js';
import { coldStart } from './cold-start.js';
import { ingest } from './ingest.js';
import { messaging } from './messaging.js';
import { reads } from './reads.js';
import { restart } from './restart.js';
import { rules } from './rules.js';
import { wholeWay } from './whole-way.js';

/** In the order in which they are shown. */
export const ROWS: readonly Row[] = [ingest, wholeWay, reads, rules, messaging, coldStart, restart];
