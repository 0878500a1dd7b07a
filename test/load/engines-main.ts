import { ENGINE_ROWS } from './engines/index.js';
import { runRows } from './harness/run-rows.js';

await runRows('bench:engines', ENGINE_ROWS);
