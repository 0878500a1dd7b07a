import type { Row } from '../harness/row.js';
import { index } from './index-row.js';
import { produce } from './produce.js';
import { store } from './store.js';
import { wholeWayApart } from './whole-way-apart.js';

/** In the order in which they are shown. */
export const ENGINE_ROWS: readonly Row[] = [produce, index, store, wholeWayApart];
