// `npm test`: installs, builds, lints and runs every test that needs no server. The last line is the count; arguments
// are handed to Jest, such as a path pattern.
import { join } from 'node:path';
import { finish, jest } from './jest.mjs';
import { build, install, node, root, run } from './steps.mjs';

await install();
if ((await build()) !== 0) finish(0, 1, 'The build failed; the errors are above.');

console.log('Linting …');
const lint = await run(node, [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings', '.']);
const lock = await run(node, [join(root, 'scripts/complete-lock.mjs'), '--check']);
const checks = [lint, lock].filter((code) => code !== 0).length;

const { passed, failed, why } = await jest('jest.config.mjs', process.argv.slice(2));
finish(passed, failed + checks, why ?? (checks > 0 ? 'A check of the sources failed; each counts as one.' : ''));
