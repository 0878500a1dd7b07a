// `npm start`: installs and builds what is not there yet, then runs the platform with its demo tenant.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, fail, install, node, root } from './steps.mjs';

await install();
if ((await build()) !== 0) fail('The build failed; the errors are above.');

// Warnings and errors only, so that what the platform prints about itself can be read; CDP_LOG_LEVEL=info shows all.
const env = { CDP_DEMO: '1', CDP_LOG_LEVEL: 'warn', ...process.env };
const server = spawn(node, ['--enable-source-maps', join(root, 'platform/server/dist/main.js')], {
  cwd: root,
  stdio: 'inherit',
  env,
});

// A terminal sends Ctrl-C to both processes already; a second one would tell the server to drop what is under way.
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) server.kill('SIGINT');
});
process.on('SIGTERM', () => server.kill('SIGTERM'));
// npm hands a SIGTERM to the shell between it and this script, and many shells end without passing it on.
const parent = process.ppid;
if (process.env.npm_lifecycle_event === 'start')
  setInterval(() => {
    if (process.ppid !== parent) server.kill('SIGTERM');
  }, 250).unref();
server.on('error', (error) => fail(`Node 24 could not be run: ${error.message}`));
server.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
