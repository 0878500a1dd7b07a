// `npm run start:engines`: installs and builds what is not there yet, brings up the engines that are not up, makes what the platform
// needs on them, and runs it with the roles as processes apart behind one port. The engines stay up when it ends.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bringUp, chooseHome, engines } from '../infra/engines/engines.mjs';
import { build, fail, install, node, root, run } from './steps.mjs';

await install();
if ((await build()) !== 0) fail('The build failed; the errors are above.');

// An engine whose setting is in the environment (CDP_MYSQL_URL, …) is taken as it is: nothing is started in its place.
const wanted = engines.filter(({ setting }) => !process.env[setting]);
const addresses = {};
if (wanted.length > 0) {
  const home = chooseHome();
  console.log(`Engines: ${home.explain}.`);
  const results = await Promise.allSettled(wanted.map((engine) => bringUp(home, engine)));
  const failed = wanted.flatMap((engine, at) =>
    results[at].status === 'rejected'
      ? [`${engine.title} is away: ${results[at].reason.message}\nBring it with: npm run engines:up -- ${engine.name}`]
      : [],
  );
  if (failed.length > 0) fail(failed.join('\n'));
  for (const { setting, address } of wanted) addresses[setting] = address;
}

const env = {
  CDP_DEMO: '1',
  CDP_LOG_LEVEL: 'warn',
  CDP_DATA_DIR: '.cdp-engines',
  CDP_ELASTICSEARCH_REPLICAS: '0',
  ...addresses,
  ...process.env,
};
const server = join(root, 'platform/server/dist');
if ((await run(node, [join(server, 'cli/main.js'), 'migrate'], { env })) !== 0) fail('The engines could not be prepared.');
const platform = spawn(node, ['--enable-source-maps', join(server, 'cluster/main.js')], { cwd: root, stdio: 'inherit', env });

// A terminal sends Ctrl-C to both processes already; a second one would tell the platform to drop what is under way.
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) platform.kill('SIGINT');
});
process.on('SIGTERM', () => platform.kill('SIGTERM'));
platform.on('error', (error) => fail(`Node 24 could not be run: ${error.message}`));
platform.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
