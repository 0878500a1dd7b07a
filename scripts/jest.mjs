import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node, root, run } from './steps.mjs';

/** Runs Jest by one of the configurations of the root folder; answers what it counted. */
export async function jest(configuration, args, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'cdp-test-'));
  const report = join(folder, 'report.json');
  const flags = ['--experimental-vm-modules', '--enable-source-maps', '--no-warnings'];
  const bin = join(root, 'node_modules/jest/bin/jest.js');
  const options = ['--config', join(root, configuration), '--json', `--outputFile=${report}`, ...args];
  // With --json Jest prints the report on standard output as well; what people read goes to standard error.
  const code = await run(node, [...flags, bin, ...options], {
    stdio: ['inherit', 'ignore', 'inherit'],
    env: { ...process.env, ...env, NODE_OPTIONS: flags.join(' ') },
  });
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, why: `Jest ended with exit code ${code} and left no report.` };
  } finally {
    rmSync(folder, { recursive: true });
  }
  // A file that could not be loaded holds tests that did not run: it counts as one that failed.
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  return {
    passed: results.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    contracts: contractsIn(results),
  };
}

/** Each case of a contract that ran, by the port that promises it and the adapter that keeps it. */
function contractsIn({ testResults }) {
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ ancestorTitles, status }) => {
      const [, port, adapter] = /^(.+) contract: (.+)$/.exec(ancestorTitles[0] ?? '') ?? [];
      return port && (status === 'passed' || status === 'failed')
        ? [{ port, adapter, passed: status === 'passed' }]
        : [];
    }),
  );
}

/** Prints the count as the last line and ends with what it means. */
export function finish(passed, failed, why) {
  if (why) console.log(`\n${why}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
