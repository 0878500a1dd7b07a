// Runs a compiled script on the platform's own Node, after installing and building what is not there yet:
//   node scripts/run.mjs test/dist/demo/main.js [arguments]
import { resolve } from 'node:path';
import { build, fail, install, node, root, run } from './steps.mjs';

const [script, ...args] = process.argv.slice(2);
if (!script) fail('Usage: node scripts/run.mjs <compiled script> [arguments]');
await install();
if ((await build()) !== 0) fail('The build failed; the errors are above.');
process.exit(await run(node, ['--enable-source-maps', resolve(root, script), ...args]));
