// `npm run cdp -- …`: the command line, after installing and building what is not there yet. It runs in the folder that
// it was called from, so that the paths of files are what the caller sees.
import { join } from 'node:path';
import { build, fail, install, node, root, run } from './steps.mjs';

await install();
if ((await build()) !== 0) fail('The build failed; the errors are above.');
const cwd = process.env.INIT_CWD ?? process.cwd();
process.exit(await run(node, [join(root, 'platform/server/dist/cli/main.js'), ...process.argv.slice(2)], { cwd }));
