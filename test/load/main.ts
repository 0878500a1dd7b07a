import { runRows } from './harness/run-rows.js';
import { ROWS } from './rows/index.js';

await runRows('bench', ROWS);
