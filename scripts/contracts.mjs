// `npm run contracts`: runs every contract on the adapters of both homes, and prints one table: port, adapter, cases. The last line
// is the count.
import { finish, jest } from './jest.mjs';
import { build, install } from './steps.mjs';
import { withEngines } from './with-engines.mjs';

await install();
if ((await build()) !== 0) finish(0, 1, 'The build failed; the errors are above.');

const ONLY = ['--testNamePattern', ' contract: '];
const runs = [
  await jest('jest.config.mjs', ONLY),
  await withEngines((addresses) => jest('jest.engines.config.mjs', ONLY, addresses)),
];
const cases = new Map();
for (const { contracts = [] } of runs)
  for (const { port, adapter, passed } of contracts) {
    const key = `${port}\u0000${adapter}`;
    const count = cases.get(key) ?? { port, adapter, passed: 0, failed: 0 };
    if (passed) count.passed++;
    else count.failed++;
    cases.set(key, count);
  }
const rows = [...cases.values()].sort((a, b) => (a.port + a.adapter < b.port + b.adapter ? -1 : 1));
const width = (name) => Math.max(name.length, ...rows.map((row) => row[name].length));
console.log(`\n${'port'.padEnd(width('port'))}  ${'adapter'.padEnd(width('adapter'))}  cases`);
for (const { port, adapter, passed, failed } of rows)
  console.log(
    `${port.padEnd(width('port'))}  ${adapter.padEnd(width('adapter'))}  ${passed}${failed > 0 ? `, ${failed} failed` : ''}`,
  );
console.log('');
finish(
  runs.reduce((sum, { passed }) => sum + passed, 0),
  runs.reduce((sum, { failed }) => sum + failed, 0),
  runs.find(({ why }) => why)?.why,
);
