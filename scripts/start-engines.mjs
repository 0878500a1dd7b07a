// `npm run start:engines`: installs and builds what is not there yet, brings up the engines that are not up, makes what the platform
// needs on them, and runs it with the roles as processes apart behind one port. The engines stay up when it ends.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, fail, install, node, root, run } from './steps.mjs';
import { withEngines } from './with-engines.mjs';

await install();
if ((await build()) !== 0) fail('The build failed; the errors are above.');

const addresses = await withEngines(
  async (found, away) => (away > 0 ? fail('The platform needs all four engines.') : found),
  { keep: true },
);

const env = {
  CDP_DEMO: '1',
  CDP_LOG_LEVEL: 'warn',
  CDP_DATA_DIR: '.cdp-engines',
  CDP_ELASTICSEARCH_REPLICAS: '0',
  ...addresses,
  ...process.env,
};
const server = join(root, 'platform/server/dist');
if ((await run(node, [join(server, 'cli/main.js'), 'migrate'], { env })) !== 0)
  fail('The engines could not be prepared.');
const platform = spawn(node, ['--enable-source-maps', join(server, 'cluster/main.js')], {
  cwd: root,
  stdio: 'inherit',
  env,
});

// A terminal sends Ctrl-C to both processes already; a second one would tell the platform to drop what is under way.
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) platform.kill('SIGINT');
});
process.on('SIGTERM', () => platform.kill('SIGTERM'));
platform.on('error', (error) => fail(`Node 24 could not be run: ${error.message}`));
platform.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
