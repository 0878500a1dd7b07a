// `npm run test:engines`: installs, builds, brings up the engines that are not there yet, runs the tests that need them, and
// stops what it started. The last line is the count; arguments are handed to Jest, such as a path pattern.
// What kills and pauses the engines runs by itself, after the rest.
import { finish, jest } from './jest.mjs';
import { build, install } from './steps.mjs';
import { withEngines } from './with-engines.mjs';

await install();
if ((await build()) !== 0) finish(0, 1, 'The build failed; the errors are above.');

// An interrupt reaches Jest too; what was started is stopped all the same.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

const args = process.argv.slice(2);
const CHAOS = 'chaos/.*\\.engines\\.spec';
try {
  const { passed, failed, why } = await withEngines(async (addresses, away) => {
    // Without its engine a spec fails and says so: nothing is left out in silence.
    const run = (...more) => jest('jest.engines.config.mjs', [...args, ...more], addresses);
    const counts = [
      await run('--passWithNoTests', `--testPathIgnorePatterns=${CHAOS}`, '/node_modules/'),
      ...(args.length === 0 || args.some((arg) => arg.includes('chaos'))
        ? [await jest('jest.engines.config.mjs', args.length > 0 ? args : [CHAOS], addresses)]
        : []),
    ];
    return {
      passed: counts.reduce((sum, one) => sum + one.passed, 0),
      failed: counts.reduce((sum, one) => sum + one.failed, away),
      why: counts.find((one) => one.why)?.why ?? (away > 0 ? 'An engine that is away counts as one.' : ''),
    };
  });
  finish(passed, failed, why);
} catch (error) {
  finish(0, 1, error.message);
}
