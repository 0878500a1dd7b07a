// `npm run test:engines`: installs, builds, brings up the engines that are not there yet, runs the tests that need them, and
// stops what it started. The last line is the count; arguments are handed to Jest, such as a path pattern.
// An engine whose setting is in the environment (CDP_MYSQL_URL, …) is taken as it is: nothing is started in its place.
import { bringUp, chooseHome, engines } from '../infra/engines/engines.mjs';
import { finish, jest } from './jest.mjs';
import { build, install } from './steps.mjs';

await install();
if ((await build()) !== 0) finish(0, 1, 'The build failed; the errors are above.');

const wanted = engines.filter(({ setting }) => !process.env[setting]);
const started = [];
const addresses = {};
let away = 0;
let home;

async function bring(engine) {
  try {
    if (await bringUp(home, engine)) started.push(engine);
    addresses[engine.setting] = engine.address;
  } catch (error) {
    away++;
    console.error(`${engine.title} is away: ${error.message}\nBring it with: npm run engines:up -- ${engine.name}`);
  }
}

// An interrupt reaches Jest too; what was started is stopped all the same.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

let counts = { passed: 0, failed: 0 };
try {
  if (wanted.length > 0) {
    home = chooseHome();
    console.log(`Engines: ${home.explain}.`);
    await Promise.all(wanted.map(bring));
  }
  // Without its engine a spec fails and says so: nothing is left out in silence.
  counts = await jest('jest.engines.config.mjs', process.argv.slice(2), addresses);
} catch (error) {
  counts = { passed: 0, failed: 1, why: error.message };
} finally {
  for (const engine of started) await home.down(engine);
}
finish(counts.passed, counts.failed + away, counts.why ?? (away > 0 ? 'An engine that is away counts as one.' : ''));
