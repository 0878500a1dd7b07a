// `npm run engines:up|down|status|wipe [-- engine …]`, and kill, pause and resume for those who try what an outage does.
import { bringUp, chooseHome, enginesNamed } from './engines.mjs';

const USAGE = 'Usage: npm run engines:up|down|status|wipe [-- mysql redis kafka elasticsearch]';

const DONE = { down: 'stopped', wipe: 'wiped', kill: 'killed', pause: 'paused', resume: 'resumed' };
const line = (engine, text) => console.log(`  ${engine.title.padEnd(14)} ${text}`);

/** Says whose the trouble is, where the message does not. */
const naming = ({ title }, message) => (message.startsWith(title) ? message : `${title}: ${message}`);

const commands = {
  async up(home, chosen) {
    const failures = [];
    // Side by side: most of the time is waiting for one of them.
    const work = chosen.map(async (engine) => {
      const began = Date.now();
      const started = await bringUp(home, engine);
      line(engine, started ? `up after ${((Date.now() - began) / 1000).toFixed(1)} s` : 'was up');
    });
    for (const [index, result] of (await Promise.allSettled(work)).entries())
      if (result.status === 'rejected') failures.push(naming(chosen[index], result.reason.message));
    if (failures.length > 0) throw new Error(failures.join('\n'));
    console.log(`\n${chosen.map(({ setting, address }) => `export ${setting}=${address}`).join('\n')}`);
  },
  async status(home, chosen) {
    for (const engine of chosen) {
      const { up, detail } = await home.status(engine);
      line(
        engine,
        up ? `up at ${engine.address} (${detail})` : detail === 'down' ? 'down' : `does not answer (${detail})`,
      );
      if (!up) process.exitCode = 3;
    }
  },
};
for (const [name, done] of Object.entries(DONE))
  commands[name] = async (home, chosen) => {
    for (const engine of chosen) {
      await home[name](engine);
      line(engine, done);
    }
  };

const [command, ...names] = process.argv.slice(2);
try {
  const act = commands[command];
  if (!act) throw new Error(USAGE);
  const chosen = enginesNamed(names);
  const home = chooseHome();
  console.log(`Engines: ${home.explain}.`);
  await act(home, chosen);
} catch (error) {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
