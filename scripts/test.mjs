// `npm test`: installs, builds, lints and runs every test that needs no server. The last line is the count; arguments
// are handed to Jest, such as a path pattern.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, install, node, root, run } from './steps.mjs';

function finish(passed, failed, why) {
  if (why) console.log(`\n${why}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

await install();
if ((await build()) !== 0) finish(0, 1, 'The build failed; the errors are above.');

console.log('Linting …');
const lint = await run(node, [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings', '.']);
const lock = await run(node, [join(root, 'scripts/complete-lock.mjs'), '--check']);

const folder = mkdtempSync(join(tmpdir(), 'cdp-test-'));
const report = join(folder, 'report.json');
const flags = ['--experimental-vm-modules', '--enable-source-maps', '--no-warnings'];
const jest = [...flags, join(root, 'node_modules/jest/bin/jest.js'), '--json', `--outputFile=${report}`];
// With --json Jest prints the report on standard output as well; what people read goes to standard error.
const env = { ...process.env, NODE_OPTIONS: flags.join(' ') };
const code = await run(node, [...jest, ...process.argv.slice(2)], { stdio: ['inherit', 'ignore', 'inherit'], env });

let results;
try {
  results = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  finish(0, 1, `Jest ended with exit code ${code} and left no report.`);
}
rmSync(folder, { recursive: true });
// A file that could not be loaded holds tests that did not run: it counts as one that failed.
let failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
for (const check of [lint, lock]) if (check !== 0) failed++;
if (failed === 0 && code !== 0) failed++;
finish(
  results.numPassedTests,
  failed,
  lint === 0 && lock === 0 ? '' : 'A check of the sources failed; each counts as one.',
);
