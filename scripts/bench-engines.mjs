// `npm run bench:engines`: the benchmarks that need the engines, which are brought up if they are not; arguments are handed on.
import { join } from 'node:path';
import { build, fail, install, node, root, run } from './steps.mjs';
import { withEngines } from './with-engines.mjs';

await install();
if ((await build()) !== 0) fail('The build failed; the errors are above.');
const code = await withEngines((addresses, away) =>
  away > 0
    ? 1
    : run(node, ['--enable-source-maps', join(root, 'test/dist/load/engines-main.js'), ...process.argv.slice(2)], {
        env: { ...process.env, ...addresses },
      }),
);
process.exit(code);
